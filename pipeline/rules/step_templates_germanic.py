"""The steps' own templates in English, German and Dutch: true without any fact, within the step's length."""
# ruff: noqa: E501 (texts whole)

from pipeline.rules.step_template import StepTemplate, or_link

_EN_LINK = "If that suits you, pick a time here:"
_DE_LINK = "Wenn Ihnen das passt, wählen Sie hier einen Termin:"
_NL_LINK = "Als het u uitkomt, kiest u hier een moment:"

ENGLISH: dict[str, StepTemplate] = {
    "introduction": StepTemplate(
        "A short introduction{% if company %} for {{ company }}{% endif %}",
        "Hi {{ first_name }},\n\nI'm {{ sender_name }}{% if sender_company %} from {{ sender_company }}{% endif %}."
        "{% if offer %} {{ offer }}{% endif %}\n\nI don't know yet whether this is something you are looking into, so "
        "I would rather ask than guess. If it is, a few minutes are enough to find out.",
        or_link(_EN_LINK, "Would a short call make sense?"),
        "If somebody else on your team looks after this, I'm glad to be pointed their way.",
    ),
    "value_proposition": StepTemplate(
        "What this could mean in practice",
        "Hi {{ first_name }},\n\nfollowing up on my first note with what we actually do."
        "{% if offer %} {{ offer }}{% endif %}\n\nThe people we work with usually come to us with the same wish: less "
        "time lost on work that nobody enjoys, and more on what moves the business. We start small, with one thing "
        "that hurts, and look together at whether it got better. If it did not, we stop there. You would need no long "
        "project for it, and nothing has to be torn down first.",
        or_link(_EN_LINK, "Is this on your list at the moment?"),
        "If the timing is wrong, tell me when to come back and I will.",
    ),
    "case_study": StepTemplate(
        "How a first step usually looks",
        "Hi {{ first_name }},\n\ninstead of another pitch, here is how working with us usually begins.\n\nFirst we "
        "listen: what takes too long, what goes wrong, what has been tried. Then we pick a single problem small enough "
        "to judge honestly. After that we work on it together and compare before with after, using your own figures "
        "and not ours.{% if proof %} {{ proof }}{% endif %}\n\nWhat people tell us they like is that each step can be "
        "the last one, so nobody is locked in and every next step has to earn its place.",
        or_link(_EN_LINK, "Shall I sketch what that could look like for you?"),
        "A plain no is a fine answer too; it helps me not to take up your time.",
    ),
    "soft_reminder": StepTemplate(
        "Still worth a look?",
        "Hi {{ first_name }},\n\njust bringing this back to the top in case it got buried; I know how full an inbox "
        "can be. There is no hurry from my side, and a single line is plenty.",
        or_link(_EN_LINK, "Is it worth a quick look, or better left for later?"),
        "If you tell me it's not for you, I won't write about it again.",
    ),
    "breakup": StepTemplate(
        "Closing the loop",
        "Hi {{ first_name }},\n\nI haven't heard back, which usually means that the timing is off or that this isn't "
        "for you. Both are fine, and I won't keep writing. This is my last note about it.\n\nShould things change, a "
        "short answer to this email is enough and I will pick it up again from there.",
        or_link("Or choose a time whenever you like:", "Until then I wish you and your team all the best."),
        "Thank you for reading this far; I know it took some of your time.",
    ),
}

GERMAN: dict[str, StepTemplate] = {
    "introduction": StepTemplate(
        "Eine kurze Vorstellung{% if company %} für {{ company }}{% endif %}",
        "Guten Tag {{ first_name }},\n\nmein Name ist {{ sender_name }}"
        "{% if sender_company %}, ich schreibe Ihnen für {{ sender_company }}{% endif %}."
        "{% if offer %} {{ offer }}{% endif %}\n\nIch weiß nicht, ob das Thema bei Ihnen gerade ansteht, und frage "
        "deshalb lieber, statt zu raten. Falls ja, reichen wenige Minuten, um herauszufinden, ob es passt.",
        or_link(_DE_LINK, "Wäre ein kurzes Gespräch für Sie sinnvoll?"),
        "Falls sich jemand anderes bei Ihnen darum kümmert, genügt mir ein kurzer Hinweis.",
    ),
    "value_proposition": StepTemplate(
        "Was das in der Praxis heißen kann",
        "Guten Tag {{ first_name }},\n\nnach meiner ersten Nachricht möchte ich kurz sagen, was wir eigentlich tun."
        "{% if offer %} {{ offer }}{% endif %}\n\nWer mit uns arbeitet, kommt meist mit demselben Wunsch: weniger Zeit "
        "für Arbeit, die niemandem Freude macht, und mehr für das, was das Geschäft voranbringt. Wir fangen klein an, "
        "mit einer einzigen Sache, die stört, und sehen gemeinsam nach, ob sie besser geworden ist. Wenn nicht, hören "
        "wir an dieser Stelle auf. Sie brauchen dafür kein langes Projekt, und es muss vorher nichts umgebaut werden.",
        or_link(_DE_LINK, "Ist das bei Ihnen im Moment ein Thema?"),
        "Falls der Zeitpunkt nicht passt, sagen Sie mir einfach, wann ich mich wieder melden darf.",
    ),
    "case_study": StepTemplate(
        "Wie ein erster Schritt meist aussieht",
        "Guten Tag {{ first_name }},\n\nstatt noch einmal zu werben, beschreibe ich Ihnen, wie eine Zusammenarbeit mit "
        "uns meist beginnt.\n\nZuerst hören wir zu: was zu lange dauert, was schiefgeht, was schon versucht wurde. Dann "
        "wählen wir ein einzelnes Problem, das klein genug ist, um es ehrlich zu beurteilen. Danach arbeiten wir "
        "gemeinsam daran und vergleichen vorher mit nachher, anhand Ihrer eigenen Zahlen und nicht unserer."
        "{% if proof %} {{ proof }}{% endif %}\n\nGeschätzt wird daran, dass jeder Schritt der letzte sein kann: Niemand "
        "ist gebunden, und jeder weitere Schritt muss sich erst lohnen.",
        or_link(_DE_LINK, "Soll ich skizzieren, wie das bei Ihnen aussehen könnte?"),
        "Auch ein klares Nein ist eine gute Antwort; dann nehme ich Ihre Zeit nicht weiter in Anspruch.",
    ),
    "soft_reminder": StepTemplate(
        "Noch einen Blick wert?",
        "Guten Tag {{ first_name }},\n\nich bringe meine Nachricht noch einmal nach oben, falls sie untergegangen ist; "
        "ich weiß, wie voll ein Posteingang sein kann. Von meiner Seite eilt es nicht, und eine einzige Zeile genügt "
        "mir völlig.",
        or_link(_DE_LINK, "Lohnt sich ein kurzer Blick, oder passt es später besser?"),
        "Wenn Sie mir sagen, dass es nichts für Sie ist, schreibe ich Ihnen dazu nicht mehr.",
    ),
    "breakup": StepTemplate(
        "Ein letztes Wort dazu",
        "Guten Tag {{ first_name }},\n\nich habe nichts von Ihnen gehört; meist heißt das, dass der Zeitpunkt nicht passt "
        "oder dass es nichts für Sie ist. Beides ist in Ordnung, und ich schreibe nicht weiter. Das ist meine letzte "
        "Nachricht dazu.\n\nSollte sich etwas ändern, genügt eine kurze Antwort auf diese E-Mail, und ich knüpfe dort an.",
        or_link(
            "Oder wählen Sie jederzeit einen Termin:",
            "Bis dahin wünsche ich Ihnen und Ihrem Team alles Gute.",
        ),
        "Danke, dass Sie bis hierher gelesen haben; ich weiß, dass es Zeit gekostet hat.",
    ),
}

DUTCH: dict[str, StepTemplate] = {
    "introduction": StepTemplate(
        "Een korte kennismaking{% if company %} met {{ company }}{% endif %}",
        "Beste {{ first_name }},\n\nmijn naam is {{ sender_name }}"
        "{% if sender_company %}, ik schrijf u namens {{ sender_company }}{% endif %}."
        "{% if offer %} {{ offer }}{% endif %}\n\nIk weet nog niet of dit onderwerp bij u speelt, dus vraag ik het "
        "liever dan dat ik ernaar raad. Speelt het wel, dan zijn een paar minuten genoeg om te zien of het past.",
        or_link(_NL_LINK, "Zou een kort gesprek zinvol zijn?"),
        "Houdt iemand anders zich hiermee bezig, dan hoor ik graag bij wie ik moet zijn.",
    ),
    "value_proposition": StepTemplate(
        "Wat dit in de praktijk kan betekenen",
        "Beste {{ first_name }},\n\nna mijn eerste bericht vertel ik u graag kort wat we eigenlijk doen."
        "{% if offer %} {{ offer }}{% endif %}\n\nWie met ons werkt, komt meestal met dezelfde wens: minder tijd kwijt "
        "zijn aan werk waar niemand blij van wordt, en meer tijd overhouden voor wat het bedrijf vooruithelpt. We "
        "beginnen klein, met één ding dat hindert, en kijken samen of het beter is geworden. Is dat niet zo, dan "
        "stoppen we daar. U hebt er geen lang project voor nodig, en er hoeft vooraf niets op de schop.",
        or_link(_NL_LINK, "Speelt dit op dit moment bij u?"),
        "Komt het nu niet uit, laat me dan weten wanneer ik er beter op terug kan komen.",
    ),
    "case_study": StepTemplate(
        "Hoe een eerste stap er meestal uitziet",
        "Beste {{ first_name }},\n\nin plaats van nog een verkooppraatje beschrijf ik hoe werken met ons meestal "
        "begint.\n\nEerst luisteren we: wat te lang duurt, wat misgaat, wat al is geprobeerd. Daarna kiezen we één "
        "probleem dat klein genoeg is om eerlijk te beoordelen. Vervolgens werken we er samen aan en vergelijken we de "
        "situatie ervoor met die erna, met uw eigen cijfers en niet met de onze.{% if proof %} {{ proof }}{% endif %}"
        "\n\nWat men daaraan waardeert, is dat elke stap de laatste kan zijn: niemand zit ergens aan vast, en elke "
        "volgende stap moet zich eerst bewijzen.",
        or_link(_NL_LINK, "Zal ik schetsen hoe dat er bij u uit zou kunnen zien?"),
        "Een duidelijk nee is ook een goed antwoord; dan neem ik uw tijd niet verder in beslag.",
    ),
    "soft_reminder": StepTemplate(
        "Nog een blik waard?",
        "Beste {{ first_name }},\n\nik haal mijn bericht nog even naar boven voor het geval het is ondergesneeuwd; ik "
        "weet hoe vol een inbox kan zijn. Van mijn kant is er geen haast, en één enkele regel is ruim voldoende.",
        or_link(_NL_LINK, "Is het een korte blik waard, of komt het later beter uit?"),
        "Laat u weten dat het niets voor u is, dan schrijf ik er niet meer over.",
    ),
    "breakup": StepTemplate(
        "Mijn laatste bericht hierover",
        "Beste {{ first_name }},\n\nik heb niets van u gehoord; meestal betekent dat dat het moment niet goed is of dat "
        "het niets voor u is. Beide is prima, en ik blijf niet schrijven. Dit is mijn laatste bericht "
        "hierover.\n\nMocht er iets veranderen, dan is een kort antwoord op deze e-mail genoeg en pak ik het daar weer "
        "op.",
        or_link(
            "Of kies een moment wanneer het u uitkomt:", "Tot die tijd wens ik u en uw team het allerbeste."
        ),
        "Dank dat u tot hier hebt gelezen; ik weet dat het tijd heeft gekost.",
    ),
}
