"""Is a message the answer of a program? RFC 3834 first, then what programs do that never read it."""
# ruff: noqa: E501 (patterns are easier to read whole)

import re
from email.message import Message

from pipeline.rules import mime, quotes

_SUBJECT = re.compile(
    r"^\W*(?:(?:re|aw|sv|tr|antw|vs|odp)\s*:\s*)?(?:\[?auto(?:matic|mated|matisk|matique|m[aá]tica|matica|matska|mat)?[ -]?(?:reply|response|svar|answer|antwort|réponse|responder|message)\b|auto(?:[ -]?(?:reply|response|responder|svar|replied|respond|notification))?\s*[:\]]|"
    r"automatische (?:antwort|reactie|abwesenheit\w*|e-?mail|nachricht)|automatisch(?:es)? (?:antwoord|bericht|antwortmail)|réponse automatique|message automatique|respuesta autom[aá]tica|mensaje autom[aá]tico|respuesta por ausencia|"
    r"(?:resposta|mensagem) autom[aá]tica|risposta automatica|messaggio automatico|odpowied[źz] automatyczna|automatyczna odpowied[źz]|autoodpowiedź|automatická odpov[eě][dď]|automaattinen (?:vastaus|poissaoloilmoitus)|automatiskt? svar|autosvar|automatikus válasz|răspuns automat|αυτόματη απάντηση|"
    r"автоответ|автоматический ответ|автоматична відповідь|автоматичен отговор|自動(?:応答|返信|回覆)|自动(?:回复|答复|回覆)|자동 ?(?:회신|응답|답장)|otomatik (?:yanıt|cevap)|מענה אוטומטי|رد تلقائي|"
    r"(?:i am |i'm |currently )?out[ -]of[ -](?:the[ -])?office|ooo\b|vacation (?:reply|notice|response|message)|abwesenheits?(?:notiz|assistent|nachricht|meldung|benachrichtigung|mitteilung)|notification d.absence|avis d.absence|message d.absence|notificaci[óo]n de ausencia|aviso de ausencia|"
    r"aviso de ausência|fora do escrit[óo]rio|fuera de (?:la )?oficina|fuori (?:sede|ufficio)|afwezigheids?\w*|afwezig:|frånvaromeddelande|fraværsmeddelelse|fraværsmelding|poissaolo\w*|zawiadomienie o nieobecności|office closed|accusé de réception|acknowledge?ment of receipt|eingangsbestätigung|empfangsbestätigung)",
    re.IGNORECASE,
)
# These may as well be what the mail is about.
_SUBJECT_MAYBE = re.compile(
    r"^\W*(?:(?:re|aw|sv|tr|antw|vs|odp)\s*:\s*)?(?:(?:i am |i'm |currently |away )?on (?:annual |parental |maternity |paternity |sick )?leave|(?:i am |i'm )?on (?:vacation|holidays?)|away\b|abwesen\w*|nicht im (?:büro|hause)|außer haus|im urlaub|urlaub\b|absence\b|absente?\b|"
    r"en congé\w*|ausente?\b|ausencia\b|de vacaciones|assente|assenza|in ferie|afwezig\w*|niet aanwezig|poissa|lomalla|frånvar\w*|fravær\w*|nieobecno\w*|urlop|nepřítomn\w*|dovolená|отпуск|в отпуске|отсутств\w*|izin\w*|休暇|不在|休假|外出|atvalinājum\w*)",
    re.IGNORECASE,
)
_TICKET_SUBJECT = re.compile(
    r"(?:\[|\(|\b)(?:ticket|case|request|incident|anfrage|vorgang|fall|demande|solicitud|caso|richiesta|aanvraag|ärende|sag|sak|zgłoszenie|заявка|обращение)[ -]?(?:id|nr\.?|no\.?|number|nummer)?\s?[:#(]{0,2}\s?[#(]?\w{0,4}[-_]?\d{3,}|\[#?\w{0,6}-?\d{3,}\]|"
    r"(?:we(?:'ve| have)? received|thank you for (?:contacting|your (?:request|enquiry|inquiry))|request received|wir haben ihre .{0,20}erhalten|ihre anfrage)",
    re.IGNORECASE,
)
_NAMED = re.compile(
    r"^(?:x-)?(?:[a-z]+-)*(?:auto-?(?:re(?:ply|plied|spond|sponse|sponder)|generated|answer)|mail-autoreply|autoresponder|vacation|out-?of-?office|oof|ooo|autoreply-from|fc-machinegenerated|amazon-auto-reply|ms-exchange-inbox-rules-loop)(?:-.*)?$",
    re.IGNORECASE,
)
_NO = frozenset(("", "no", "false", "0", "none"))
_MACHINE_SENDER = re.compile(
    r"^(?:no-?reply|do-?not-?reply|donotreply|noreply|auto-?(?:reply|responder|mailer)?|robot|notifications?|nepasrepondre|ne-pas-repondre|no-?responder|non-?rispondere)\b",
    re.IGNORECASE,
)
_ABSENT = re.compile(
    r"\bout of (?:the )?office\b|\boo[of]\b|\bon (?:annual |parental |maternity |paternity |sick |medical )?leave\b|\bon (?:vacation|holidays?|a business trip)\b|\baway from (?:my desk|the office|e-?mail|work)\b|\bi(?:'m| am|'ll be| will be) (?:currently )?(?:away|travel+ing|unavailable)|\bcurrently (?:away|unavailable|out)\b|"
    r"\bnicht im (?:büro|hause)\b|\babwesend\b|\bim urlaub\b|\baußer haus\b|\bnicht erreichbar\b|\babsente?\b|\ben congés?\b|\ben vacances\b|\bfuera de (?:la )?oficina\b|\bde vacaciones\b|\bausente?\b|\bfuori (?:ufficio|sede)\b|\bin ferie\b|\bassente\b|\bafwezig\b|\bniet aanwezig\b|\bmet vakantie\b|"
    r"\bfora do escrit[óo]rio\b|\bde férias\b|\btjänstledig|\bpå semester\b|\binte på kontoret\b|\bpå ferie\b|\bikke på kontoret\b|\blomalla\b|\bpoissa\b|\burlopie\b|\bnieobecn\w+|\bpoza biurem\b|\bdovolen\w+|\bnepřítom\w+|\bв отпуске\b|\bотсутству\w+|\bizinde\w*|\bofis dışında|\bszabadság\w*|"
    r"休暇|不在|休假|外出|出张|出張|부재|휴가|\b(?:no longer|nicht mehr|ne .{0,6} plus|ya no|non .{0,8} più) (?:works?|working|employed|with|für|bei|travaill\w+|trabaj\w+|lavor\w+)",
    re.IGNORECASE,
)
_SIGNS = [
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        r"\blimited (?:access|e-?mail|connectivity)|\bno access to (?:my )?e-?mail|\bnot (?:be )?(?:checking|reading|monitoring) (?:my )?e-?mail|\bkeinen? zugriff\b|\bnicht weitergeleitet\b|\baccès limité\b|\bacceso limitado\b|\baccesso limitato\b|\bacesso limitado\b|\bbegränsad tillgång\b|\bogranicz\w+ dostęp",
        r"\bthank(?:s| you)(?: very much| so much)? for (?:your|the|contacting|reaching|getting)|\b(?:vielen dank|danke|besten dank) für ihre?\b|\bmerci (?:pour|de) votre\b|\bgracias por (?:su|contactar|escribir)|\bgrazie per (?:la|il|aver)|\bbedankt voor (?:uw|je)|\bobrigad[oa] (?:pel|por)|\btack för (?:ditt|din)|\btak for din|\btakk for (?:din|e-post)|\bkiitos (?:viestistä|sähköposti)|\bdziękuj\w+ za (?:wiadomość|kontakt)|\bděkuj\w+ za|\bспасибо за (?:ваше|письмо)|ありがとうございます|您的(?:邮件|来信)",
        r"\bin (?:urgent|dringenden|case of)|\b(?:urgent|dringend|dringende|urgenti?|urgente?s?|brådskande|kiireelli\w+|piln\w+|срочн\w+|acil)\b|\bplease (?:contact|call|reach out|write|e-?mail|forward|direct)\b|\bwenden sie sich\b|\bveuillez (?:contacter|vous adresser)\b|\bpóngase en contacto\b|\bcontattare\b|\bneem (?:dan )?contact op\b|\bentre em contato\b|\bkontakta\b|\bkontakt\b|\bобращайтесь\b|\bprosz[ęe] o kontakt\b|緊急|至急|紧急",
        r"\bas soon as (?:i|possible)|\b(?:upon|on|after) my return\b|\b(?:will|shall) (?:respond|reply|answer|get back|be back|return)\b|\bnach meiner rückkehr\b|\bà mon retour\b|\ba mi (?:regreso|vuelta)\b|\bal mio (?:rientro|ritorno)\b|\bbij terugkomst\b|\bautomat\w+\b|\bpo powrocie\b|\bpo návratu\b|\bpo возвращении\b|自動|自动",
    )
]
_RECEIVED = re.compile(
    r"\b(?:we|i)(?:'ve| have)? (?:received|got) your (?:e-?mail|message|request|enquiry|inquiry|ticket)|\byour (?:e-?mail|message|request|enquiry|inquiry|ticket|case)(?: \W?[#\w-]{1,30}\W?)? (?:has been|was|is) (?:received|created|registered|logged|opened|assigned|being (?:reviewed|processed))|\b(?:a|new) (?:support )?(?:ticket|case|request) (?:has been|was) (?:created|opened)|"
    r"\b(?:ihre|deine) (?:anfrage|nachricht|e-?mail|mitteilung) (?:ist (?:bei uns )?eingegangen|(?:haben wir|wurde) .{0,30}erhalten)|\bwir haben ihre (?:anfrage|nachricht|e-?mail) (?:\w+ ){0,3}(?:erhalten|bekommen)|\bnous avons bien reçu (?:votre|ton)|\bvotre (?:demande|message|e-?mail) a (?:bien )?été (?:reçue?|enregistrée?)|\bhemos recibido (?:su|tu)|"
    r"\babbiamo ricevuto (?:la|il) (?:sua|tua|suo)|\bwe hebben (?:uw|je) (?:bericht|e-?mail|vraag|aanvraag) (?:goed )?ontvangen|\brecebemos (?:a|o) s(?:ua|eu)|\bvi har (?:mottagit|modtaget|mottatt) (?:ditt|din|dit)|\bolemme vastaanottaneet|\botrzymaliśmy (?:twoj|państwa)|\bpřijali jsme|\bмы получили ваш\w+|\bваш\w* (?:обращение|запрос|заявка) (?:принят|зарегистрирован)|talebiniz alın|(?:受け付け|受付)(?:ました|いたしました)|已收到您",
    re.IGNORECASE,
)
_SOON = re.compile(
    r"\b(?:will|shall|'ll) (?:respond|reply|answer|get back|be in touch|contact you|review)|\bwithin \w+(?: \w+)? (?:hours?|days?|business)|\bas soon as possible\b|\bshortly\b|\bticket (?:number|id|#)|\breference (?:number|no)|\bdo not reply\b|\bautomat\w+|\bwerktag\w*|\bschnellstmöglich|\bin kürze\b|\bdans les (?:plus brefs|meilleurs) délais|\bsous \d+ ?h|\blo antes posible|\ba la (?:mayor )?brevedad|\bal più presto|\bzo (?:spoedig|snel) mogelijk|\bo mais (?:breve|rápido)|\bså snart|\bjak najszybciej|\bв ближайшее время|\ben kısa süre",
    re.IGNORECASE,
)


def is_automatic(message: Message, subject: str, whole: str, words: str) -> bool:
    """`whole`: the text with its quotations, `words`: without."""
    submitted = mime.header(message, "Auto-Submitted").split(";")[0].split("(")[0].strip().lower()
    if submitted and submitted != "no":
        return True
    if is_receipt(message) or _names_itself(message):
        return True
    answers = _answers(subject, whole)
    if not answers and (_SUBJECT.match(subject) or _sent_in_bulk(message)):
        return True
    if answers and not _MACHINE_SENDER.match(_local_part(message)):
        return False
    return _says_so(message, subject, whole, words)


def is_receipt(message: Message) -> bool:
    """A disposition notification (RFC 8098): somebody's program tells that the mail was opened or deleted."""
    report_type = str(message.get_param("report-type") or "").lower()
    return "disposition-notification" in report_type


def _names_itself(message: Message) -> bool:
    for name in dict.fromkeys(key.lower() for key in message):
        if (
            name != "x-auto-response-suppress"
            and _NAMED.match(name)
            and mime.header(message, name).lower() not in _NO
        ):
            return True
    preferences = f"{mime.header(message, 'Precedence')} {mime.header(message, 'Preference')}".lower()
    return "auto_reply" in preferences or "auto-reply" in preferences or "autoreply" in preferences


def _sent_in_bulk(message: Message) -> bool:
    in_bulk = mime.header(message, "Precedence").strip().lower() in ("bulk", "junk")
    nobody = mime.header(message, "Return-Path").strip() == "<>"
    return nobody or (in_bulk and not message.get("List-Id"))


def _says_so(message: Message, subject: str, whole: str, words: str) -> bool:
    """Nothing in the headers; the words of an absence, or of a desk that took a request in."""
    text = words[:5000]
    absent, signs = bool(_ABSENT.search(text)), sum(bool(sign.search(text)) for sign in _SIGNS)
    quotes_us = quotes.has_quote(whole)
    if absent and not quotes_us and (signs >= 2 or _SUBJECT_MAYBE.match(subject)):
        return True
    suppressed = bool(message.get("X-Auto-Response-Suppress"))
    desk = (
        bool(_TICKET_SUBJECT.search(subject))
        or bool(_MACHINE_SENDER.match(_local_part(message)))
        or suppressed
    )
    return bool(_RECEIVED.search(text)) and bool(_SOON.search(text)) and (desk or not quotes_us)


def _local_part(message: Message) -> str:
    return next((address.partition("@")[0] for _, address in mime.addresses(message, "From")), "")


def _answers(subject: str, whole: str) -> bool:
    """A person answering a message of that subject: `Re:` before it and the message below."""
    return bool(
        re.match(r"\s*(?:re|aw|sv|vs|antw|rif|odp|ynt|回复|答复|返信)\s*[:\uff1a]", subject, re.IGNORECASE)
    ) and quotes.has_quote(whole)
