"""The same in German. No word is written as names are, so that nothing looks like a claim."""
# ruff: noqa: E501 (sentences are easier to read whole)

from local.sandbox.openai.texts import Language, StepTexts

GERMAN = Language(
    greetings=("Guten Tag {name},",),
    formal_greetings=("Guten Tag {name},",),
    hooks={
        "news": ("ich habe die Meldung „{value}“ gelesen und musste an Sie denken.", "die Schlagzeile „{value}“ ist der Grund, weshalb ich Ihnen schreibe."),
        "quote": ("Sie haben gesagt: „{value}“, und dieser Satz ist mir geblieben.",),
        "post": ("ich bin auf „{value}“ gestoßen und habe es mit Gewinn gelesen.",),
        "interest": ("diese Zeile über Sie hat mir gefallen: „{value}“.",),
        "job_post": ("ich habe gesehen, dass Sie suchen: „{value}“.",),
        "company_description": ("bei Ihnen habe ich gelesen: „{value}“.",),
        "": ("beim Lesen ist mir das aufgefallen: „{value}“.", "ein Detail ist mir geblieben: „{value}“."),
    },
    offers=("Kurz gesagt tun wir das: {offer}",),
    proofs=("Ein Beispiel dazu: {proof}",),
    booking=("Hier können Sie einen Termin wählen: {link}",),
    steps={
        "introduction": StepTexts(
            subjects=("Ein Gedanke für {company}", "Eine kurze Frage an Sie", "Eine Idee für Sie"),
            opening=("ich bin {sender} von {ours}.",),
            filling=(
                "Ob das bei Ihnen gerade ein Thema ist, weiß ich nicht, deshalb frage ich lieber, als zu raten.",
                "Wenn ja, reichen wenige Minuten, um herauszufinden, ob etwas für Sie dabei ist.",
                "Wenn nicht, genügt eine kurze Antwort, und ich nehme Ihnen keine weitere Zeit.",
                "Ich schreibe Ihnen bewusst selbst, statt Ihnen einen Prospekt zu schicken.",
            ),
            asking=("Wäre ein kurzes Gespräch sinnvoll?", "Wollen wir darüber kurz sprechen?"),
            ps=("Falls sich bei Ihnen jemand anderes darum kümmert, freue ich mich über einen Hinweis.",),
        ),
        "value_proposition": StepTexts(
            subjects=("Was das für Sie heißen könnte", "Wo wir anfangen würden"),
            opening=("nach meiner ersten Nachricht möchte ich kurz zeigen, was das in der Praxis heißt.",),
            filling=(
                "Die meisten kommen zu uns mit demselben Wunsch: weniger Zeit für das, was niemand gern macht, und mehr für das, was wirklich weiterhilft.",
                "Wir fangen klein an, mit einer Sache, die stört, und schauen gemeinsam, ob sie besser geworden ist.",
                "Wenn nicht, hören wir dort auf, und Sie haben wenig verloren.",
                "Ein langes Vorhaben braucht es dafür nicht, und nichts muss vorher abgerissen werden.",
                "Am Ende steht ein schlichter Vergleich von vorher und nachher, mit Ihren eigenen Werten und nicht mit unseren.",
                "Die meiste Arbeit liegt bei uns; von Ihnen braucht es jemanden, der weiß, wie es heute läuft.",
            ),
            asking=("Steht das bei Ihnen gerade auf der Liste?", "Hilft es Ihnen, wenn ich skizziere, wie das aussehen kann?"),
            ps=("Wenn der Zeitpunkt nicht passt, sagen Sie mir gern, wann ich mich wieder melden darf.",),
        ),
        "case_study": StepTexts(
            subjects=("So sieht ein erster Schritt aus", "Ein Beispiel statt vieler Worte"),
            opening=("statt vieler Worte möchte ich beschreiben, wie es mit uns meistens anfängt.",),
            filling=(
                "Zuerst hören wir zu: was zu lange dauert, was schiefgeht und was schon versucht wurde.",
                "Dann nehmen wir uns eine einzige Sache vor, die klein genug ist, um sie ehrlich zu beurteilen.",
                "Danach arbeiten wir gemeinsam daran und vergleichen vorher mit nachher.",
                "Viele schätzen, dass jeder Schritt auch der letzte sein darf und sich jeder weitere erst bewähren muss.",
                "Die meisten überrascht, wie viel sichtbar wird, sobald jemand aufschreibt, wie wirklich gearbeitet wird.",
                "So können Sie das Ergebnis auch intern zeigen, ohne vorher eine große Entscheidung verteidigen zu müssen.",
                "Ein neues System braucht es dafür nicht, nur ein wenig Geduld in den ersten Tagen.",
            ),
            asking=("Soll ich skizzieren, wie das bei Ihnen aussehen kann?", "Würde Ihnen ein Beispiel aus Ihrer Praxis helfen?"),
            ps=("Auch ein klares Nein hilft mir, damit ich Ihre Zeit nicht weiter beanspruche.",),
        ),
        "soft_reminder": StepTexts(
            subjects=("Noch einen Blick wert?", "Falls es untergegangen ist"),
            opening=("ich hole das nur kurz nach oben, falls es untergegangen ist; ich weiß, wie voll so ein Postfach sein kann.",),
            filling=(
                "Von meiner Seite eilt es nicht, eine Zeile genügt völlig.",
                "Wenn es hilft, schicke ich Ihnen das Ganze gern in drei kurzen Punkten.",
                "An der Idee hat sich nichts geändert, sie ist noch immer klein und überschaubar.",
            ),
            asking=("Lohnt sich ein kurzer Blick, oder passt es später besser?",),
            ps=("Wenn es nichts für Sie ist, schreibe ich Ihnen dazu nicht wieder.",),
        ),
        "breakup": StepTexts(
            subjects=("Meine letzte Nachricht dazu", "Ich lasse es dabei"),
            opening=("ich habe nichts von Ihnen gehört; meistens heißt das, dass es gerade nicht passt oder nichts für Sie ist.",),
            filling=(
                "Beides ist in Ordnung, und ich schreibe Ihnen dazu nicht weiter.",
                "Das ist meine letzte Nachricht dazu.",
                "Sollte sich etwas ändern, genügt eine kurze Antwort, und ich knüpfe gern dort wieder an.",
                "Danke, dass Sie bis hierher gelesen haben; ich weiß, dass jede Nachricht ein wenig Zeit kostet.",
            ),
            asking=("Gibt es etwas, das ich mir für später merken soll?",),
            ps=("Bis dahin wünsche ich Ihnen alles Gute.",),
        ),
    },
)  # fmt: skip
