"""The steps' own templates in French, Spanish, Italian and Portuguese: true without any fact."""
# ruff: noqa: E501 (texts whole)

from pipeline.rules.step_template import StepTemplate, or_link

_FR_LINK = "Si cela vous convient, choisissez un créneau ici :"
_ES_LINK = "Si le viene bien, elija aquí un momento:"
_IT_LINK = "Se le fa comodo, scelga qui un orario:"
_PT_LINK = "Se fizer sentido, escolha aqui um horário:"

FRENCH: dict[str, StepTemplate] = {
    "introduction": StepTemplate(
        "Une brève présentation{% if company %} pour {{ company }}{% endif %}",
        "Bonjour {{ first_name }},\n\nje m'appelle {{ sender_name }}"
        "{% if sender_company %} et je vous écris de la part de {{ sender_company }}{% endif %}."
        "{% if offer %} {{ offer }}{% endif %}\n\nJe ne sais pas si ce sujet vous occupe en ce moment ; je préfère donc "
        "poser la question. Si c'est le cas, quelques minutes suffisent pour le savoir.",
        or_link(_FR_LINK, "Un court échange aurait-il du sens pour vous ?"),
        "Si quelqu'un d'autre s'en occupe chez vous, je veux bien que vous m'indiquiez qui.",
    ),
    "value_proposition": StepTemplate(
        "Ce que cela peut changer concrètement",
        "Bonjour {{ first_name }},\n\naprès mon premier message, voici en quelques mots ce que nous faisons."
        "{% if offer %} {{ offer }}{% endif %}\n\nLes équipes qui travaillent avec nous viennent souvent avec le même "
        "souhait : passer moins de temps sur des tâches que personne n'aime, et davantage sur ce qui fait avancer "
        "l'entreprise. Nous commençons petit, par une seule chose qui gêne, puis nous regardons ensemble si elle va "
        "mieux. Sinon, nous nous arrêtons là. Il ne vous faut pas de long projet, et rien n'est à démonter au préalable.",
        or_link(_FR_LINK, "Est-ce un sujet pour vous en ce moment ?"),
        "Si ce n'est pas le bon moment, dites-moi quand revenir vers vous et je le ferai.",
    ),
    "case_study": StepTemplate(
        "Comment se passe un premier pas",
        "Bonjour {{ first_name }},\n\nplutôt qu'un nouvel argumentaire, voici comment commence en général le travail avec "
        "nous.\n\nD'abord, nous écoutons : ce qui prend trop de temps, ce qui échoue, ce qui a déjà été essayé. Ensuite, "
        "nous choisissons un seul problème, assez petit pour en juger honnêtement. Puis nous y travaillons ensemble et "
        "comparons l'avant et l'après, avec vos propres chiffres et non les nôtres.{% if proof %} {{ proof }}{% endif %}"
        "\n\nCe qui plaît, c'est que chaque étape peut être la dernière : rien ne vous engage, et la suite doit se mériter.",
        or_link(_FR_LINK, "Voulez-vous que j'esquisse ce que cela donnerait chez vous ?"),
        "Un simple non est aussi une bonne réponse ; il m'évite de vous prendre du temps.",
    ),
    "soft_reminder": StepTemplate(
        "Cela vaut-il encore un coup d'œil ?",
        "Bonjour {{ first_name }},\n\nje fais simplement remonter mon message au cas où il se serait perdu ; je sais "
        "combien une boîte de réception peut être pleine. Rien ne presse de mon côté, et une seule ligne suffit "
        "largement.",
        or_link(_FR_LINK, "Cela mérite-t-il un coup d'œil, ou vaut-il mieux en reparler plus tard ?"),
        "Si vous me dites que ce n'est pas pour vous, je n'en parlerai plus.",
    ),
    "breakup": StepTemplate(
        "Mon dernier message à ce sujet",
        "Bonjour {{ first_name }},\n\nje n'ai pas eu de retour, ce qui veut dire en général que le moment est mal choisi "
        "ou que le sujet ne vous concerne pas. Les deux me vont, et je n'insisterai pas. C'est mon dernier message à ce "
        "sujet.\n\nSi les choses changent, une courte réponse à cet e-mail suffit et nous reprendrons à partir de là.",
        or_link(
            "Ou choisissez un créneau quand vous voulez :",
            "D'ici là, je vous souhaite le meilleur, à vous et à votre équipe.",
        ),
        "Merci d'avoir lu jusqu'ici ; je sais que cela a pris un peu de votre temps.",
    ),
}

SPANISH: dict[str, StepTemplate] = {
    "introduction": StepTemplate(
        "Una breve presentación{% if company %} para {{ company }}{% endif %}",
        "Hola {{ first_name }},\n\nme llamo {{ sender_name }}"
        "{% if sender_company %} y le escribo de parte de {{ sender_company }}{% endif %}."
        "{% if offer %} {{ offer }}{% endif %}\n\nTodavía no sé si este tema le ocupa ahora mismo, así que prefiero "
        "preguntar antes que suponer. Si es así, bastan unos minutos para ver si tiene sentido.",
        or_link(_ES_LINK, "¿Le parecería útil una breve llamada?"),
        "Si en su equipo es otra persona quien lleva este tema, le agradezco que me diga quién.",
    ),
    "value_proposition": StepTemplate(
        "Qué puede suponer en la práctica",
        "Hola {{ first_name }},\n\ntras mi primer mensaje, le cuento en pocas palabras qué hacemos."
        "{% if offer %} {{ offer }}{% endif %}\n\nQuienes trabajan con nosotros suelen llegar con el mismo deseo: perder "
        "menos tiempo en tareas que a nadie le gustan y dedicar más a lo que hace avanzar el negocio. Empezamos poco a "
        "poco, con una sola cosa que molesta, y miramos juntos si ha mejorado. Si no es así, lo dejamos ahí. No hace "
        "falta un proyecto largo, ni hay que desmontar nada antes.",
        or_link(_ES_LINK, "¿Es un tema para usted en este momento?"),
        "Si no es buen momento, dígame cuándo volver a escribirle y lo haré.",
    ),
    "case_study": StepTemplate(
        "Cómo suele ser un primer paso",
        "Hola {{ first_name }},\n\nen lugar de otra presentación comercial, le cuento cómo suele empezar el trabajo con "
        "nosotros.\n\nPrimero escuchamos: qué lleva demasiado tiempo, qué falla, qué se ha probado ya. Después elegimos un "
        "solo problema, lo bastante pequeño para juzgarlo con honestidad. Luego trabajamos juntos en él y comparamos el "
        "antes con el después, con sus propias cifras y no con las nuestras.{% if proof %} {{ proof }}{% endif %}\n\nLo "
        "que más se valora es que cada paso puede ser el último: nadie queda atado, y el siguiente tiene que ganarse su "
        "sitio.",
        or_link(_ES_LINK, "¿Quiere que le esboce cómo podría ser en su caso?"),
        "Un simple no también es una buena respuesta; así no le quito más tiempo.",
    ),
    "soft_reminder": StepTemplate(
        "¿Merece todavía un vistazo?",
        "Hola {{ first_name }},\n\nsolo vuelvo a poner mi mensaje arriba por si quedó enterrado; sé lo llena que puede "
        "estar una bandeja de entrada. Por mi parte no hay ninguna prisa, y con una sola línea es más que suficiente.",
        or_link(_ES_LINK, "¿Merece un vistazo, o es mejor dejarlo para más adelante?"),
        "Si me dice que no es para usted, no volveré a escribirle sobre esto.",
    ),
    "breakup": StepTemplate(
        "Mi último mensaje sobre esto",
        "Hola {{ first_name }},\n\nno he tenido respuesta, lo que suele significar que no es buen momento o que esto no "
        "es para usted. Ambas cosas están bien, y no seguiré escribiendo. Este es mi último mensaje al respecto.\n\nSi "
        "algo cambia, basta con una breve respuesta a este correo y lo retomamos desde ahí.",
        or_link(
            "O elija un momento cuando quiera:", "Hasta entonces, le deseo lo mejor a usted y a su equipo."
        ),
        "Gracias por leer hasta aquí; sé que le ha llevado algo de su tiempo.",
    ),
}

ITALIAN: dict[str, StepTemplate] = {
    "introduction": StepTemplate(
        "Una breve presentazione{% if company %} per {{ company }}{% endif %}",
        "Buongiorno {{ first_name }},\n\nmi chiamo {{ sender_name }}"
        "{% if sender_company %} e le scrivo per conto di {{ sender_company }}{% endif %}."
        "{% if offer %} {{ offer }}{% endif %}\n\nNon so ancora se questo tema sia attuale per lei, perciò preferisco "
        "chiedere piuttosto che tirare a indovinare. Se lo è, bastano pochi minuti per capire se ha senso.",
        or_link(_IT_LINK, "Una breve chiamata le sarebbe utile?"),
        "Se nel suo team se ne occupa un'altra persona, mi basta sapere a chi rivolgermi.",
    ),
    "value_proposition": StepTemplate(
        "Che cosa può significare in pratica",
        "Buongiorno {{ first_name }},\n\ndopo il mio primo messaggio le dico in breve che cosa facciamo."
        "{% if offer %} {{ offer }}{% endif %}\n\nChi lavora con noi arriva di solito con lo stesso desiderio: perdere "
        "meno tempo in attività che non piacciono a nessuno e dedicarne di più a ciò che fa crescere l'azienda. "
        "Cominciamo in piccolo, da una sola cosa che dà fastidio, e guardiamo insieme se è migliorata. Se non è così, ci "
        "fermiamo lì. Non serve un progetto lungo, e prima non c'è niente da smontare.",
        or_link(_IT_LINK, "È un tema per lei in questo momento?"),
        "Se il momento non è quello giusto, mi dica quando riscriverle e lo farò.",
    ),
    "case_study": StepTemplate(
        "Come si presenta di solito un primo passo",
        "Buongiorno {{ first_name }},\n\ninvece di un'altra presentazione, le racconto come comincia di solito il lavoro "
        "con noi.\n\nPrima ascoltiamo: che cosa richiede troppo tempo, che cosa va storto, che cosa è già stato provato. "
        "Poi scegliamo un solo problema, abbastanza piccolo da poterlo giudicare con onestà. Infine ci lavoriamo insieme "
        "e confrontiamo il prima con il dopo, con i suoi numeri e non con i nostri.{% if proof %} {{ proof }}{% endif %}"
        "\n\nCiò che si apprezza è che ogni passo può essere l'ultimo: nessuno resta vincolato, e il passo successivo "
        "deve meritarsi il suo posto.",
        or_link(_IT_LINK, "Vuole che le abbozzi come potrebbe essere nel suo caso?"),
        "Anche un semplice no è una buona risposta; così non le porto via altro tempo.",
    ),
    "soft_reminder": StepTemplate(
        "Vale ancora uno sguardo?",
        "Buongiorno {{ first_name }},\n\nriporto in alto il mio messaggio nel caso si fosse perso; so quanto può essere "
        "piena una casella di posta. Da parte mia non c'è nessuna fretta, e una sola riga è più che sufficiente.",
        or_link(_IT_LINK, "Merita uno sguardo veloce, o è meglio riparlarne più avanti?"),
        "Se mi dice che non fa per lei, non le scriverò più su questo argomento.",
    ),
    "breakup": StepTemplate(
        "Il mio ultimo messaggio su questo",
        "Buongiorno {{ first_name }},\n\nnon ho avuto risposta, il che di solito significa che il momento non è quello "
        "giusto o che il tema non fa per lei. Vanno bene entrambe le cose, e non continuerò a scrivere. Questo è il mio "
        "ultimo messaggio in proposito.\n\nSe qualcosa cambia, basta una breve risposta a questa e-mail e riprendiamo da "
        "lì.",
        or_link(
            "Oppure scelga un orario quando vuole:", "Fino ad allora auguro ogni bene a lei e al suo team."
        ),
        "Grazie per aver letto fin qui; so che le ha richiesto un po' di tempo.",
    ),
}

PORTUGUESE: dict[str, StepTemplate] = {
    "introduction": StepTemplate(
        "Uma breve apresentação{% if company %} para {{ company }}{% endif %}",
        "Olá {{ first_name }},\n\no meu nome é {{ sender_name }}"
        "{% if sender_company %} e escrevo em nome de {{ sender_company }}{% endif %}."
        "{% if offer %} {{ offer }}{% endif %}\n\nAinda não sei se este tema é atual para a sua equipe, por isso prefiro "
        "perguntar a tentar adivinhar. Se for, bastam poucos minutos para perceber se faz sentido.",
        or_link(_PT_LINK, "Uma conversa breve faria sentido?"),
        "Se outra pessoa da sua equipe cuida deste tema, basta me indicar com quem devo falar.",
    ),
    "value_proposition": StepTemplate(
        "O que isso pode significar na prática",
        "Olá {{ first_name }},\n\ndepois da minha primeira mensagem, conto em poucas palavras o que fazemos."
        "{% if offer %} {{ offer }}{% endif %}\n\nQuem trabalha conosco costuma chegar com o mesmo desejo: perder menos "
        "tempo com tarefas de que ninguém gosta e dedicar mais ao que faz o negócio avançar. Começamos pequeno, com uma "
        "única coisa que incomoda, e vemos juntos se ela melhorou. Se não melhorou, paramos por aí. Não é preciso um "
        "projeto longo, e não há nada para desmontar antes.",
        or_link(_PT_LINK, "Este é um tema relevante neste momento?"),
        "Se não for a melhor momento, basta dizer quando devo voltar e assim farei.",
    ),
    "case_study": StepTemplate(
        "Como costuma ser um primeiro passo",
        "Olá {{ first_name }},\n\nem vez de mais uma apresentação comercial, conto como costuma começar o trabalho "
        "conosco.\n\nPrimeiro ouvimos: o que demora demais, o que dá errado, o que já foi tentado. Depois escolhemos um "
        "único problema, pequeno o bastante para ser avaliado com honestidade. Em seguida trabalhamos nele juntos e "
        "comparamos o antes com o depois, com os seus próprios números e não com os nossos."
        "{% if proof %} {{ proof }}{% endif %}\n\nO que mais agrada é que cada passo pode ser o último: ninguém fica "
        "preso, e o passo seguinte precisa merecer o seu lugar.",
        or_link(_PT_LINK, "Posso esboçar como isso ficaria no seu caso?"),
        "Um simples não também é uma boa resposta; assim não tomo mais o seu tempo.",
    ),
    "soft_reminder": StepTemplate(
        "Ainda vale uma olhada?",
        "Olá {{ first_name }},\n\ntrago a minha mensagem de volta ao topo para o caso de ter ficado perdida; sei como uma "
        "caixa de entrada pode estar cheia. Da minha parte não há pressa nenhuma, e uma única linha é mais do que "
        "suficiente.",
        or_link(_PT_LINK, "Vale uma olhada rápida, ou é melhor deixar para mais tarde?"),
        "Se me disser que não é o caso, não volto a escrever sobre isso.",
    ),
    "breakup": StepTemplate(
        "A minha última mensagem sobre isso",
        "Olá {{ first_name }},\n\nnão tive resposta, o que costuma significar que o momento não é o melhor ou que o tema "
        "não interessa. As duas coisas estão bem, e não vou continuar a escrever. Esta é a minha última mensagem sobre o "
        "assunto.\n\nSe algo mudar, basta uma resposta curta a este e-mail e retomamos a partir daí.",
        or_link(
            "Ou escolha um horário quando quiser:", "Até lá, desejo tudo de bom para você e a sua equipe."
        ),
        "Agradeço a leitura até aqui; sei que tomou um pouco do seu tempo.",
    ),
}
