"""Does somebody ask not to be written to again? In the words of a person, without quoted text."""
# ruff: noqa: E501 (patterns are easier to read whole)

import re

from pipeline.rules import letter

_MAIL = r"(?:e-?mails?|mails?|messages?|newsletters?|mailings?|spam|communications?|correspondence|outreach|follow[- ]?ups?)"
# What one may do without and still want to be written to: "not interested in receiving a demo".
_NO_MAIL = r"(?! (?:(?:a|an|the|your|any|another|more|free|full|live|product|phone|sales|cold) )*(?:demos?|trials?|calls?|quotes?|pricing|prices?|samples?|brochures?|gifts?|discounts?|swag|presentations?|invoices?|walkthroughs?|tours?|refunds?|credits?|coupons?|decks?|slides|texts?|sms|catalogu?es?|contracts?|proposals?)\b)"
_OPT_OUT = [
    # en
    r"^\W*(?:please |pls |plz |kindly |i(?:'d like| want| wish| would like)(?: you)? to |can you |could you )?(?:un-?subscribe|opt[- ]?(?:me )?out)\b(?:[\w\s,'-]{0,40})\W*$",
    r"\bun-?subscrib(?:e|ed|ing) (?:me|us|my|this|from (?:your|this|these|all|the))\b|\b(?:wish|want|like|asked|request(?:ed|ing)?|need|demand) (?:you )?to (?:be )?(?:un-?subscribed?|opted? out|removed from|taken off)\b|\bhow (?:do|can) i (?:un-?subscribe|opt out|get off)\b|\bplease un-?subscribe\b",
    r"\b(?:please |kindly )?(?:remove|delete|take|drop|erase|strike) (?:me|us|my (?:name|email|e-mail|address|details|data|contact|info)[\w\s]{0,20}|our (?:name|email|e-mail|address|details|company)[\w\s]{0,20}|this (?:e-?mail |email )?address)\b"
    r"(?:[^.!?\n]{0,40}\b(?:from|off|out)\b|\s*(?:please|asap|now|immediately|thanks|thank you)?\s*[.!,]?\s*$)",
    r"\b(?:take|get) (?:me|us) off\b|\bremove (?:me |us )?from (?:your|this|the|all|any) (?:mailing |e-?mail |contact |distribution )?(?:lists?|database|crm|system)\b",
    r"\bopt(?:ing)? (?:me |us )?out of (?:your|this|these|all|any|further|future)\b|\bi(?:'m| am|'d like to| want to| would like to)? opt(?:ing)?[- ]out\b|\bopt me out\b",
    rf"\b(?:do not|don'?t|never|please don'?t|must not|quit|cease) (?:you )?(?:ever )?(?:contact(?:ing)?|e-?mail(?:ing)?|writ(?:e|ing)(?: to)?|messag(?:e|ing)|mail|bother|spam|reach(?:ing)? out to|send(?:ing)?) (?:to )?(?:me|us|here|this address)(?! (?:the|a|an|until|till|before|on|at|this|about|in|unless|directly|via|by|but|there|yet|just|so)\b)(?: (?:again|any ?more|{_MAIL}|any (?:more )?{_MAIL}|ever|with|about|please))?\b",
    r"\b(?:do not|don'?t|never) (?:ever )?(?:call|text|phone|ring)(?:ing)? (?:me|us) (?:again|any ?more|ever)\b|\b(?:do not|don'?t|never) (?:ever )?(?:call|text|phone) (?:or|and|/|nor) (?:e-?mail|write|contact|message) (?:me|us)\b",
    rf"\bstop (?:(?:e-?mailing|contacting|writing(?: to)?|messaging|spamming|bothering|mailing|harassing|sending)(?: to)? ?(?:me|us|this|these|such|any|your|{_MAIL}|$|[.!])|(?:with )?(?:these|this|all|your|the|sending) {_MAIL}|it[.!]*$|this[.!]*$|please[.!]*$|now[.!]*$|immediately[.!]*$)",
    rf"\bno (?:more|further) (?:{_MAIL}|contact|emailing|messaging)\b|\b(?:cease|refrain from) (?:all |any )?(?:further )?(?:contact|e-?mailing|contacting|communications?|mailing|sending)\b",
    rf"\b(?:no longer|not) (?:wish|want|like|interested in)(?:ing)?(?: to)? (?:(?:receiv(?:e|ing)|get(?:ting)?){_NO_MAIL}|hear(?:ing)?|be(?:ing)? contacted)\b|\b(?:do not|don't|didn't) (?:want|wish|need) (?:to (?:(?:receive|get)\b{_NO_MAIL}|hear|be contacted)|(?:any )?(?:more )?(?:of )?(?:your|these|such) {_MAIL}|any (?:more )?{_MAIL}|further {_MAIL})\b",
    r"\bleave (?:me|us) alone\b|\blose my (?:number|e-?mail|address)\b|\bnever (?:contact|e-?mail|write|message) (?:to )?(?:me|us)\b|\b(?:withdraw|revoke) (?:my )?consent\b|\b(?:erase|delete) (?:all )?my (?:personal )?(?:data|information|details)\b|\bblacklist me\b|\bdo[- ]not[- ]contact list\b",
    # de
    r"\b(?:bitte |hiermit )?(?:abmelden|abbestellen|austragen)\b(?! (?:von|bei) (?:ihrem|eurem) tool)|\bmelde[nt]? (?:sie )?(?:mich|uns) (?:bitte )?ab\b|\b(?:trag|tragt|tragen|nehm|nehmt|nehmen|nimm|streich|streicht|streichen|entfern|entfernt|entfernen)e? (?:sie |ihr )?(?:bitte )?(?:mich|uns|meine|unsere|diese)\b|\bbitte (?:mich|uns|meine \S+|diese \S+) (?:\w+ ){0,5}(?:entfernen|streichen|austragen|löschen|abmelden|nehmen)\b",
    r"\b(?:keine|nicht) (?:weiteren?|mehr) (?:e-?mails?|nachrichten|mails?|werbung|werbemails?|newsletter|kontakt\w*|zuschriften)|\bkeine (?:e-?mails?|nachrichten|mails?|werbung|newsletter|anfragen) mehr\b",
    r"\b(?:aus|von) (?:ihrem|ihrer|eurem|eurer|dem|der|deiner|deinem) (?:e-?mail-?|mail-?|newsletter-?)?(?:verteiler|liste|mailingliste|datenbank|adressliste)\b",
    r"\b(?:schreiben|kontaktieren|mailen|schicken|senden|belästigen) sie (?:mir|mich|uns) (?:bitte )?(?:nicht|nie|keine)\b|\b(?:schreib|kontaktier|mail|schick|send)e?t? (?:mir|mich|uns) (?:bitte )?(?:nicht|nie|keine)\b",
    r"\b(?:nicht|nie) (?:mehr|wieder|weiter) (?:an(?:zu)?schreiben|(?:zu )?kontaktieren|(?:zu )?schreiben|an(?:zu)?mailen|angeschrieben|kontaktiert|(?:zu )?belästigen)\b|\bunterlassen sie\b|\bhören sie auf\b|\blassen sie mich in ruhe\b",
    r"\bl[öo]schen sie (?:bitte )?(?:mich|meine|unsere|mein)\b|\bbitte (?:mich|meine daten|meine adresse) (?:\w+ ){0,4}l[öo]schen\b",
    r"\bwiderspreche\b[^.!?\n]{0,60}\b(?:nutzung|verarbeitung|verwendung|zusendung|werbung|kontaktaufnahme)|\bwiderrufe\b[^.!?\n]{0,40}\beinwilligung",
    # fr
    r"\b(?:me|nous) (?:d[ée]s(?:abonn|inscri)\w*)|^\W*(?:veuillez |merci de |svp )?(?:me )?d[ée]s(?:abonn|inscri)\w*\W*(?:svp|merci|moi|s'il vous pla[iî]t)?\W*$|\bd[ée]s(?:abonn|inscri)\w*[- ]moi\b|\bd[ée]sabonnement\W*$",
    r"\bne (?:me|nous|m'|plus me) ?(?:plus )?(?:contact|[ée]cri|envoy|recontact|sollicit|d[ée]rang)\w* (?:plus|pas)\b|\bne plus (?:me|nous|m'|recevoir|[êe]tre (?:contact|sollicit))|\bsouhaite(?:rais|ons)? (?:ne )?plus (?:recevoir|être)",
    r"\b(?:retirez|supprimez|enlevez|effacez|retirer|supprimer|radiez)[- ](?:moi|nous|mon adresse|mes (?:donn[ée]es|coordonn[ée]es)|mon (?:nom|e-?mail|contact))\b|\bm'?e? ?(?:retirer|supprimer|enlever|radier) de (?:votre|vos|la|cette)",
    r"\b(?:arr[êe]tez|cessez) (?:de (?:m'|me|nous)|vos (?:e-?mails?|mails?|messages?|envois|relances))|\bplus (?:aucun|d')\s?(?:e-?mails?|messages?|courriels?|sollicitations?)\b|\blaissez[- ]moi tranquille\b",
    # es, pt
    r"\b(?:dar(?:me|nos)|den?me|denos|d[ée]me|d[ée]nme|quiero|quisiera|deseo|solicito la|solicitar la) (?:darme )?(?:de )?(?:la )?baja\b|\bcancelar (?:mi |la )?suscripci[óo]n\b|\bd[ée]nme de baja\b|^\W*baja\W*$",
    r"\b(?:elim[íi]n|b[óo]rr|qu[íi]t|s[áa](?:c|qu)|remu[ée]v)(?:e|en|ame|a)?(?:me|nos)\b|\b(?:elimin|borr|quit|remuev)(?:e|en|ar) (?:por favor )?(?:mi|mis|nuestr[oa]s?) (?:correo|direcci[óo]n|datos|email|e-mail|contacto)\b",
    r"\bno (?:me|nos) (?:vuelva[ns]? a )?(?:contact|escrib|env[íi]|mand|molest)\w*|\bno (?:deseo|quiero|queremos|deseamos) (?:recibir|m[áa]s (?:correos?|emails?|mensajes?)|que me)\b|\bno m[áa]s (?:correos|emails|mensajes)\b",
    r"\bdejen? de (?:enviar|escribir|contactar|mandar|molestar)\w*|\bpare[ns]? de (?:enviar|escribir|contactar|mandar)\w*",
    r"\bdescadastr\w*|\bcancelar? (?:a |minha |a minha )?(?:inscri[çc][ãa]o|assinatura|subscri[çc][ãa]o)\b|\bremov(?:a|am|er|er?)[- ]?(?:me|o meu|meu)\b|\b(?:retir|exclu|tir)(?:e|em|a|am|ar|ir)[- ]?(?:me|o meu (?:e-?mail|nome|contacto?)|meu (?:e-?mail|nome|contato)) (?:d[aoe]|\W*$)|\bn[ãa]o (?:me )?(?:envi|contat|contact|escrev|mand)\w* mais\b|\bn[ãa]o (?:quero|desejo|gostaria de) (?:mais )?receber\b|\bpare[mn]? de (?:me )?(?:envi|contat|contact|escrev|mand)\w*",
    # it, nl
    r"\b(?:cancell|disiscriv|rimuov|elimin|togli)\w*(?:mi|temi|etemi|ermi)\b|\bnon (?:mi |ci )?(?:scriv|contatt|invi|mand|disturb)\w* più\b|\bdisiscri\w+|\bnon (?:voglio|desidero|vorrei) (?:più )?(?:ricevere|essere contattat)|\bsmett\w+ di (?:scriver|contattar|inviar|mandar)\w*|\b(?:rimuov\w+|cancell\w+|elimin\w+) (?:il mio|la mia|i miei) (?:indirizzo|e-?mail|mail|dati|contatto)",
    r"^\W*(?:graag |ik wil (?:me |mij )?)?(?:afmelden|uitschrijven)\W*$|\b(?:me|mij|ons) (?:graag |direct )?(?:af te melden|uit te schrijven|afmelden|uitschrijven)\b|\b(?:meld|schrijf) (?:me|mij|ons) (?:af|uit)\b|\bgeen (?:e-?mails?|mails?|berichten|mailings?) meer\b|\bniet meer (?:te )?(?:mailen|contacteren|benaderen|schrijven|ontvangen)\b|\b(?:verwijder|haal) (?:me|mij|ons|mijn)\b|\bstop(?:pen)? met (?:mailen|schrijven|sturen)\b",
    # sv, da, no, fi
    r"\bavregistrera\b|\bavprenumerera\b|\bta bort (?:mig|oss|min|mina)\b|\b(?:inga|inte) fler (?:mejl|mail|e-?post|meddelanden|utskick)\b|\b(?:sluta|slutar) (?:att )?(?:mejla|maila|skicka|kontakta|skriva)\b|\b(?:kontakta|mejla|maila) (?:mig|oss) inte\b|\bvill inte (?:ha|få) (?:fler|mer|några)\b",
    r"\b(?:afmeld|frameld|avmeld|meld) (?:mig|meg|os|oss)\b|^\W*(?:afmeld|avmeld|frameld)\w*\W*$|\b(?:fjern|slett?) (?:mig|meg|os|oss|min|mine|mit)\b|\b(?:ikke|ingen) (?:flere|mere|mer) (?:mails?|e-?mails?|e-?post(?:er)?|beskeder|meldinger|henvendelser)\b|\b(?:hold op med|slutt|stop) (?:med )?(?:at |å )?(?:sende|skrive|kontakte|maile)\b|\b(?:kontakt|skriv til) (?:mig|meg) ikke\b|\bønsker ikke (?:at modtage|å motta|flere|å bli kontaktet|at blive kontaktet)\b",
    r"\bpoistakaa? (?:minut|meidät|osoitteeni|tietoni)\b|\bpoista (?:minut|osoitteeni|tietoni)\b|\bperu(?:utta)?(?:kaa)? (?:tilaus|tilaukseni)\b|\b(?:älä|älkää) (?:enää )?(?:lähet|ota|ottako|kirjoit)\w*|\ben halua (?:enää |vastaanottaa|saada)\b|\blopeta(?:kaa)? (?:viestien|sähköpostien|näiden)",
    # pl, cs, sk, hu
    r"\bwypis\w+ (?:mnie|nas|się|z)\b|\b(?:proszę|prosze) (?:o )?(?:mnie )?(?:usuni[ęe]\w*|usun[ąa][ćc]|wypis\w*|wykreśl\w*)|\busu[ńn](?:cie|ąć|ięcie)? (?:mnie|mój|moj[ąe]|nasz)\b|\b(?:nie|proszę nie) (?:pisz|pisać|wysyłaj|wysyłać|kontakt\w+|życz\w+ sobie|chc[ęe] otrzymywać)\w*(?: \w+){0,2} (?:więcej|wiadomości|maili|kontaktu|do mnie|mnie)|\bnie życz[ęy] sobie\b|\brezygnuj[ęe] z (?:subskrypcji|newslettera|otrzymywania)\b",
    r"\bodhl[áa]s(?:it|te|i)\b|\b(?:vyřaďte|vymažte|odstraňte|vyraďte|smažte) (?:mě|mne|nás|ma|mňa|můj|moji|moju)\b|\b(?:už |prosím )?(?:mi|nám) (?:už )?(?:nepište|neposílejte|neposielajte)\b|\bnekontaktujte\b|\bnep[řr]eji si\b|\bneželám si\b|\bleiratkoz\w*|\b(?:töröljön|töröljenek|vegyen(?:ek)? le)\b|\bne (?:írjon|írjanak|küldj\w+|keress\w+) (?:nekem |többet|több)",
    # ru, uk, tr, el, ro
    r"\bотпи(?:сать|шите|саться|ска)\b|\b(?:удалите|уберите|исключите) (?:меня|нас|мой|мою|наш)\b|\bне (?:пишите|присылайте|отправляйте|беспокойте|шлите|связывайтесь|звоните)\b|\bбольше не (?:пишите|присылайте|отправляйте|хочу|надо|нужно)\b|\bне (?:хочу|желаю|хотим) (?:больше )?(?:получать|чтобы)\b|\bпрекратите (?:рассылк|писать|присылать|слать|отправлять)\w*|\bвідпи(?:шіть|сатися|сати)\b|\bвидаліть (?:мене|нас|мою)\b|\bне пишіть\b",
    r"\b(?:abonelik\w*|üyelik\w*|listeden|listenizden) (?:iptal|çık\w*|sil\w*|kaldır\w*)|\b(?:beni|bizi|adresimi) (?:\w+ ){0,3}(?:çıkar\w*|sil\w*|kaldır\w*)|\b(?:bana |bir daha |artık |lütfen )+(?:\w+ ){0,3}(?:yazmayın|göndermeyin|atmayın)\b|\b(?:e-?posta|mail|mesaj) (?:göndermeyin|atmayın|almak istemiyorum)|\bdezabon\w+|\b(?:ștergeți|scoateți|eliminați)-mă\b|\bnu (?:îmi|ne) mai (?:scrieți|trimiteți)|\bδιαγράψτε με\b|\bμη(?:ν)? μου (?:ξανα)?(?:στ[εέ]|γρά)\w*",
    # ja, zh, ko
    r"配信(?:を|の)?(?:停止|解除|不要)|購読(?:を|の)?(?:停止|解除)|(?:メール|連絡|送信|配信)(?:は|を)?(?:しないで|やめて|止めて|不要です|お断り|控えて|遠慮)|(?:送ら|送信し|連絡し)ないで|リストから(?:削除|外し)|今後(?:の)?(?:メール|連絡|配信)(?:は|を)?(?:不要|結構|お断り|ご遠慮)|"
    r"退订|退訂|取消(?:订阅|訂閱)|(?:不要|别|勿|停止)(?:再)?(?:给我|給我|向我)?(?:再)?(?:发|發|寄|联系|聯繫|打扰|发送|發送)|(?:请|請)?(?:把|将|將)我(?:从|從).{0,12}(?:删除|刪除|移除)|수신 ?(?:거부|거절)|구독 ?(?:취소|해지)|(?:메일|연락).{0,8}(?:보내지|하지) ?(?:마|말)",
    # the word alone
    r"^\W*(?:please |pls |kindly |bitte |por favor,? |svp |gelieve )?(?:stop|stopp|remove(?: me)?|unsubscribe(?: me)?|unsub|opt[- ]?out|quit|abmelden|abbestellen|austragen|d[ée]sabonn\w+|d[ée]sinscri\w+|baja|basta|cancellami|rimuovimi|afmelden|uitschrijven|avregistrera|afmeld|avmeld|poista|wypisz|odhlásit|отписаться|отписка|отпишите|стоп|dur|停止|退订)\W*$",
]
_OPT_OUT_RE = re.compile("|".join(f"(?:{pattern})" for pattern in _OPT_OUT), re.IGNORECASE | re.MULTILINE)
# "How do people unsubscribe in your product?" is a question about us; a footer with a link is nobody's wish.
_NOT_MEANT = re.compile(
    r"\b(?:how (?:do|does|can|would) (?!i\b)|what happens|why (?:do|does|did)|do you (?:handle|support|offer|track)|unsubscribe (?:rates?|links?|buttons?|pages?|flow|headers?)|"
    r"(?:handle|handling|manage|managing|tracks?|process|honou?r) (?:unsubscribes?|opt[- ]?outs?)|opt[- ]?out (?:rates?|page|flow|list|handling|links?)|"
    r"(?:don'?t|do not|didn'?t|never|no need to|not going to|won'?t|wouldn'?t|please don'?t) (?:(?:want|need|mean|plan|have) to |wish to |ever )?(?:unsubscribe|opt|stop|remove|take me off|leave me alone)|not? (?:unsubscribe|opting out)|"
    r"(?:our|their|the) (?:customers?|users?|subscribers?|clients?|people|recipients?|leads?|contacts?)\b[^.!?\n]{0,60}(?:unsubscrib|opt(?:ed|ing)?[- ]?out|stop|remov)|(?:if|when|once|whether|before|until|unless) (?:they|someone|people|users|customers|somebody|he|she)\b|"
    r"nicht (?:abmelden|abbestellen|austragen)|(?:wie|warum|wo) (?:kann|können|melden) (?:sich |die )?(?:kunden|nutzer|leute)|ne (?:me )?(?:désabonnez|désinscrivez) pas|no (?:me )?(?:quiero|deseo) (?:dar(?:me)?|la) (?:de )?baja|"
    r"(?:to|if you(?:'d like| wish| want| no longer)?)[^.!?\n]{0,60}(?:unsubscribe|opt[- ]?out|receive)[^.!?\n]{0,80}(?:click|link|here|visit|reply|http|www\.|below|contact us|let us know)|(?:click|tap) (?:here|below|the link)|https?://|klicken sie|cliquez|haga clic|clicca qui|klik hier|klicka här)",
    re.IGNORECASE,
)
# Off a list that is none of mail, or what a colleague did: no wish to hear nothing more.
_ELSEWHERE = re.compile(
    r"\b(?:off|from|out of|on) (?:(?:the|your|this|that|our|my|their|any|all|a) )?(?:\w+ ){0,2}?(?:"
    r"(?:waiting|wait|guest|invite|invitation|attendees?|speakers?|vip|short|price|wish|task|to-?do|reading|participants?|registration|event|beta|on-?call|agenda|shift|packing|shopping|vendors?|reviewers?|watch|black|block|spam)[- ]?lists?|"
    r"list (?:of|for) (?!(?:e-?mail|mail|your|contact|people you|recipient|subscriber|lead|prospect))|waitlist|shortlist|cc|bcc|carbon copy|invites?|invitations?|calendar|meetings?|call(?! lists?)|agenda|demo|webinar|event|roster|rota|channel|slack|queue|line-?up|hook)\b|"
    r"\b(?:we|they|he|she|it|i) (?:(?:recently|already|just|also|always|often|usually|sometimes|have|has|had|did|will|would|can|could) ){0,2}(?:delete|remove|take|drop|erase|strike|took|removed)[sd]?\b|"
    r"warteliste|gästeliste|teilnehmerliste|liste d'attente|lista de espera|lista d'attesa|wachtlijst|venteliste|väntelista|"
    r"\btrag\w* (?:sie |ihr )?(?:bitte |gerne? )?(?:mich|uns) (?:\w+ ){0,5}ein\b|\b(?:nehm|nimm)\w* (?:sie |ihr )?(?:bitte |gerne? )?(?:mich|uns) (?:\w+ ){0,4}(?:auf|in cc|mit)\b",
    re.IGNORECASE,
)
# The sentence goes on with what they would like in its place.
_GOES_ON = re.compile(
    r"\binstead\b(?! of)|\b(?:just|but|rather|simply|only)\b,? (?:(?:please|kindly|do|feel free to|you (?:can|may|could)|i(?:'d| would| do)?|we(?:'d| would| do)?) )*(?:send|e-?mail|mail|write|call|ring|phone|ping|text|share|forward|give|show|reach|contact|talk|speak|use|let'?s|let me|include|add|keep|love|like|want|interested|am interested|are interested)\b|"
    r"\b(?:sondern|stattdessen|lieber)\b|\bplutôt\b|\bmais (?:envoye|écrive|appele)\w*|\b(?:sino|en su lugar)\b|\b(?:pero|mejor) (?:env|escr|ll[áa]m|mánd)\w*|\bpiuttosto\b|\bma (?:mand|invi|scriv|chiam)\w*|\bliever\b|\bmaar (?:stuur|mail|bel)\b",
    re.IGNORECASE,
)
# So plain that nothing beside it makes it mean something else.
_PLAIN = re.compile(
    r"\bun-?subscrib(?:e|ed) (?:me|us|my|this)\b|\bopt(?:ed|ing)? (?:me |us )?out\b|\b(?:mailing|e-?mail|contact|distribution|marketing|newsletter|prospect\w*|outreach|call) ?-?lists?\b|\byour (?:lists?|database|crm|systems?|records)\b|\bnewsletter|"
    r"\b(?:contact|e-?mail|mail|writ|messag|spam|bother|harass)\w*(?: to)? (?:me|us)\b[^.!?\n]{0,20}\b(?:again|any ?more|ever)\b|\b(?:verteiler|mailingliste|adressliste)\b",
    re.IGNORECASE,
)
_ALONE = re.compile(
    r"^\W*(?:stop|unsubscribe|please unsubscribe|remove me|abmelden|bitte abmelden)\b", re.IGNORECASE
)
_SENTENCE = re.compile(r"(?:[^.!?\n。！？]|[.!?](?=\w))+[.!?。！？]*|\n")
_MAILTO_SUBJECT = re.compile(
    r"^\W*(?:un-?subscribe(?: me)?|remove(?: me)?|abmelden|abmeldung|abbestellen|opt[- ]?out|stop|d[ée]sabonn(?:er|ement)|d[ée]sinscription|baja|darse de baja|cancellami|disiscrizione|disiscrivimi|afmelden|uitschrijven|avregistrera|afmeld(?:ing)?|avmeld(?:ing)?|descadastrar|wypisz|odhlásit|отписаться|отписка|退订|配信停止)\W*$",
    re.IGNORECASE,
)
_LONGEST = 20_000


def asks_to_stop(words: str) -> bool:
    """Does the writer ask for no more mail? `words`: what the person wrote, without quoted text."""
    plain = letter.without_footer(words[:_LONGEST].replace("’", "'"))
    for match in _SENTENCE.finditer(plain):
        sentence = match.group().strip()[:500]
        if _OPT_OUT_RE.search(sentence) and _is_meant(sentence):
            return True
    return False


def _is_meant(sentence: str) -> bool:
    """Whoever is interested must not be taken for one who opts out: that shuts them out for good."""
    if _NOT_MEANT.search(sentence) and not _ALONE.match(sentence):
        return False
    if _PLAIN.search(sentence):
        return True
    return not _ELSEWHERE.search(sentence) and not _GOES_ON.search(sentence)


def asks_by_subject(subject: str) -> bool:
    """The mail that a List-Unsubscribe button sends (RFC 2369): its subject says it all."""
    return bool(_MAILTO_SUBJECT.match(subject))
