"""The first email to somebody who was written to in an earlier sequence: true whatever was said then, by language."""
# ruff: noqa: E501 (texts whole)

from pipeline.rules.step_template import StepTemplate, or_link

_FOR = "{% if company %}, {{ company }}{% endif %}"

AGAIN: dict[str, StepTemplate] = {
    "en": StepTemplate(
        f"Once more{_FOR}",
        "Hi {{ first_name }},\n\nyou have heard from me before, so I'll spare you the introduction."
        "{% if offer %} {{ offer }}{% endif %}\n\nWhat did not fit then may fit today. From here I can't tell, "
        "which is why I ask; if nothing has changed, one word is enough.",
        or_link("If it has, pick a time here:", "Is it worth another look by now?"),
        "If another month suits you better, name it and I'll wait until then.",
    ),
    "de": StepTemplate(
        f"Noch einmal kurz{_FOR}",
        "Guten Tag {{ first_name }},\n\nSie haben schon von mir gelesen, die Vorstellung spare ich uns deshalb."
        "{% if offer %} {{ offer }}{% endif %}\n\nWas damals nicht gepasst hat, passt heute vielleicht. Von hier aus "
        "sehe ich das nicht, darum frage ich; hat sich nichts geändert, genügt ein Wort.",
        or_link("Wenn doch, wählen Sie hier einen Termin:", "Lohnt sich inzwischen ein zweiter Blick?"),
        "Wenn Ihnen ein anderer Monat lieber ist, nennen Sie ihn mir, und ich warte so lange.",
    ),
    "fr": StepTemplate(
        f"Encore un mot{_FOR}",
        "Bonjour {{ first_name }},\n\nvous avez déjà lu un message de ma part, je vous épargne donc les présentations."
        "{% if offer %} {{ offer }}{% endif %}\n\nCe qui ne convenait pas alors convient peut-être aujourd'hui. D'ici "
        "je ne peux pas le savoir, alors je demande ; si rien n'a changé, un mot suffit.",
        or_link("Sinon, choisissez un moment ici :", "Est-ce que cela vaut un second regard ?"),
        "Si un autre mois vous convient mieux, dites-le-moi et j'attendrai jusque-là.",
    ),
    "es": StepTemplate(
        f"Una vez más{_FOR}",
        "Hola {{ first_name }},\n\nya ha leído algún mensaje mío, así que me ahorro la presentación."
        "{% if offer %} {{ offer }}{% endif %}\n\nLo que entonces no encajaba quizá encaje hoy. Desde aquí no puedo "
        "saberlo, y por eso pregunto; si nada ha cambiado, basta con una palabra.",
        or_link("Si ha cambiado, elija aquí un momento:", "¿Merece ahora la pena volver a mirarlo?"),
        "Si le conviene más otro mes, dígame cuál y esperaré hasta entonces sin insistir.",
    ),
    "it": StepTemplate(
        f"Ancora una volta{_FOR}",
        "Buongiorno {{ first_name }},\n\nha già letto qualche mio messaggio, quindi le risparmio la presentazione."
        "{% if offer %} {{ offer }}{% endif %}\n\nQuello che allora non andava bene forse va bene oggi. Da qui non posso "
        "saperlo, e per questo chiedo; se non è cambiato nulla, basta una parola.",
        or_link(
            "Se qualcosa è cambiato, scelga qui un momento:", "Vale la pena di guardarci di nuovo insieme?"
        ),
        "Se un altro mese va meglio per lei, me lo dica e aspetterò fino ad allora.",
    ),
    "pt": StepTemplate(
        f"Mais uma vez{_FOR}",
        "Olá {{ first_name }},\n\njá leu uma mensagem minha, por isso dispenso as apresentações."
        "{% if offer %} {{ offer }}{% endif %}\n\nO que então não servia talvez sirva hoje. Daqui não consigo "
        "saber, e é por isso que pergunto; se nada mudou, uma palavra é o bastante.",
        or_link("Se mudou, escolha aqui um horário:", "Vale a pena olhar outra vez para isto agora?"),
        "Se outro mês for melhor para si, diga-me qual e espero até lá sem insistir.",
    ),
    "nl": StepTemplate(
        f"Nog een keer{_FOR}",
        "Beste {{ first_name }},\n\nu hebt al eens van mij gelezen, dus de kennismaking sla ik over."
        "{% if offer %} {{ offer }}{% endif %}\n\nWat toen niet paste, past vandaag misschien wel. Vanaf hier zie ik dat "
        "niet, daarom vraag ik het; is er niets veranderd, dan is één woord genoeg.",
        or_link("Zo niet, kies dan hier een moment:", "Is het inmiddels een tweede blik waard?"),
        "Komt een andere maand u beter uit, noem die dan en ik wacht tot die tijd.",
    ),
}
