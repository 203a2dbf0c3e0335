"""Whether a word is one of a language's own, by simplemma's word lists.

A capital says nothing of a sentence's first word; that no dictionary has it says much. Only English's list has what
letters begin with, and is read within a second. It is held as sorted checksums, less than a megabyte, where its
dictionary would take twenty.
"""
# ruff: noqa: E501 (the word list is easier to read whole)

import re
from array import array
from bisect import bisect_left
from collections.abc import Mapping
from functools import cache
from zlib import crc32

from simplemma.strategies.dictionaries import DefaultDictionaryFactory

from pipeline.rules.words import word_set

LANGUAGES = frozenset({"en"})
# Of business letters, and too new, too joined or too short-lived for the lists.
_NEW = word_set(
    "omnichannel ecommerce e-commerce martech edtech proptech agtech medtech greentech congrats kudos brownfield reshoring nearshoring "
    "offshoring chargebacks chargeback saas devops cobot cobots gigafactory gigafactories microservices clawbacks kaizen kanban timesheets "
    "timesheet copilots webshop webshops phygital reskilling upskilling insourcing downtime uptime headcount backoffice chatbots webhooks "
    "livestreams podcasts wearables teleworking hyperscalers datacenter datacenters whitepaper whitepapers walkthrough walkthroughs"
)  # fmt: skip
_JOINED = re.compile(r"[-’'/]")
_LEAST = 3  # letters: shorter pieces say nothing


def is_word(word: str, language: str) -> bool:
    """Whether `language`, one of LANGUAGES, has `word`, in whatever form, or each part of one joined by hyphens."""
    bare = word.casefold()
    if bare in _NEW:
        return True
    marks = _marks(language)
    return all(len(part) < _LEAST or _has(marks, part) for part in _JOINED.split(bare))


def _has(marks: "array[int]", word: str) -> bool:
    mark = crc32(word.encode())
    place = bisect_left(marks, mark)
    return place < len(marks) and marks[place] == mark


class _Uncached(DefaultDictionaryFactory):
    """A dictionary that is gone when nobody uses it any longer."""

    def get_dictionary(self, lang: str) -> Mapping[str, str]:
        return self._get_dictionary_uncached(lang)


@cache
def _marks(language: str) -> "array[int]":
    words = _Uncached().get_dictionary(language)
    return array("I", sorted({crc32(word.encode()) for word in words if word.islower()}))
