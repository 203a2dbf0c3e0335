"""How mail programs of the world announce the message an answer is about, and sign what they send."""
# ruff: noqa: E501 (patterns are easier to read whole)

import re

# "… wrote:" in the languages mail programs speak.
_WROTE = (
    r"wrote|writes|sent|said|schrieb|geschrieben|a écrit|écrivait|écrit|escribi[óo]|ha scritto|scrive|scritto|escreveu|schreef|skrev|skreiv|kirjoitti|"
    r"napsal\(?a?\)?|napísal\(?a?\)?|napisał\(?a?\)?|pisze|napisao(?:/la)?(?: je)?|je napisal(?:a|/-a)?|írta|ezt írta|a scris|scris|написала?|написал\(а\)|пишет|писала?|пише|написа|"
    r"yazdı|yazmış|yazdi|έγραψε|כתב(?:/ה)?|כתבה|‫?מאת|كتب|写道|寫道|写到|のメール|書きました|さんは書き|작성|님이 작성|썼습니다|đã viết|menulis|เขียนว่า|rašė|rakstīja|kirjutas|va escriure|skrifaði"
)
_OPENS = (
    r"on|in a message dated|at|am|le|el|il|lo|em|op|den|dne|dňa|w dniu|dnia|vào|lúc|på|pe|în data|la data|kl\.?|d\.|ons|tis|tor|mån|fre|lör|sön|man|tir|tirs|ti|ma|ke|to|pe|la|su|v|u|dana|на|в|у|od|"
    r"from|von|dia|pada|ved|fecha|quoting|mon|tue|wed|thu|fri|sat|sun|mo|di|mi|do|fr|sa|so|lun|mar|mer|jeu|ven|sam|dim|mié|jue|vie|sáb|dom|seg|ter|qua|qui|sex|pon|wt|śr|czw|pt|sob|niedz|po|út|st|čt|pá|"
    r"пн|вт|ср|чт|пт|сб|вс|понедельник|вторник|среда|четверг|пятница|суббота|воскресенье|στις|ב|בתאריך|في|在|于|於"
)
_DATED = r"(?:\b(?:19|20)\d\d\b|\d{1,2}[:.h]\d\d|\d{1,2}[./-]\d{1,2}[./-]\d|\d{4}年)"
OPENER = re.compile(rf"^[>\s*|]{{0,20}}(?:-+\s*)?(?:(?:{_OPENS})\b[\s,.]|\d{{1,4}}[-./年])", re.IGNORECASE)
# A head is one to four lines, joined: it opens like one (or names an address), has a verb, ends with a colon.
HEAD = re.compile(
    rf"^[>\s*|]{{0,20}}(?:-+\s*)?(?:(?:{_OPENS})\b[\s,.]|\d{{1,4}}[-./年]|(?=.{{0,200}}[\w.+-]@[\w.-]))(?!.{{0,300}}\byou (?:wrote|said|sent)\b).{{0,400}}?"
    rf"(?:\b(?:{_WROTE})(?!\w)|(?:写道|寫道|写到|のメール|書きました|작성|썼습니다|เขียนว่า))(?:[^\n]{{0,160}})?[:\uff1a]\s*\*?-*$",
    re.IGNORECASE | re.DOTALL,
)
# A cheap look before the costly one: the verb as a word of its own, or within the line where none is spaced.
_VERB_WORDS = frozenset(
    [
        "wrote",
        "writes",
        "sent",
        "said",
        "schrieb",
        "geschrieben",
        "écrit",
        "écrivait",
        "escribió",
        "escribio",
        "scritto",
        "scrive",
        "escreveu",
        "schreef",
        "skrev",
        "skreiv",
        "kirjoitti",
        "napsal",
        "napsala",
        "napísal",
        "napísala",
        "napisał",
        "napisała",
        "pisze",
        "napisao",
        "napisala",
        "napisal",
        "írta",
        "scris",
        "написал",
        "написала",
        "пишет",
        "писал",
        "писала",
        "пише",
        "написа",
        "yazdı",
        "yazmış",
        "yazdi",
        "έγραψε",
        "כתב",
        "כתבה",
        "מאת",
        "كتب",
        "viết",
        "menulis",
        "rašė",
        "rakstīja",
        "kirjutas",
        "escriure",
        "skrifaði",
    ]
)
_VERB_PARTS = (
    "写道",
    "寫道",
    "写到",
    "のメール",
    "書きました",
    "さんは書き",
    "작성",
    "썼습니다",
    "เขียนว่า",
    "написал",
)


def has_verb(head: str) -> bool:
    """May it say "… wrote"?"""
    words = re.findall(r"\w+", head.lower())
    return not _VERB_WORDS.isdisjoint(words) or any(part in head for part in _VERB_PARTS)


DATED = re.compile(rf"{_DATED}|@[\w-]+\.", re.IGNORECASE)
# Any language: an address, a date or a time of day, and a colon at the end.
ADDRESSED = re.compile(
    rf"^[>\s*|]{{0,20}}(?=.{{0,300}}[<(\[]\s?[^\s<>]{{0,40}}[\w.+-]@[\w.-]{{1,80}}[\])>])(?=.{{0,300}}{_DATED}).{{10,400}}[:\uff1a]\s*$", re.DOTALL | re.IGNORECASE
)  # fmt: skip
# Gmail of old and some telephones: "2011/4/7 Ada Berg <ada@x>", "---- Ada Berg wrote ----".
BARE = re.compile(
    rf"^[>\s*]{{0,20}}(?:(?:19|20)\d\d[-/.]\d{{1,2}}[-/.]\d{{1,2}}\s.{{0,120}}<\s?[\w.+-]+@[\w.-]+\s?>|-{{2,}}\s*.{{2,200}}?\b(?:{_WROTE})\s*[:\uff1a]?\s*-{{2,}}|"
    rf"[^\n<]{{2,80}}<[^\s<>]{{1,80}}@[^\s<>]{{1,80}}>\s*(?:{_WROTE})\b[^\n]{{0,80}}[:\uff1a])\s*$",
    re.IGNORECASE,
)
# The head may stand on the line of the answer: "yes On Wed, Apr 4, 2012 at 3:59 PM, ada@x wrote:"
WITHIN = re.compile(
    r"(?:^|(?<=\s)|(?<=--))-{0,3}\s?(?:On|Am|Le|El|Il|Em|Op|Den)\s(?:\w{2,10}\.?,?\s)?(?:\w{3,10}\.?\s\d{1,2}|\d{1,2}[./-]?\s?\w{1,10}).{4,200}?\b(?:wrote|schrieb|a écrit|escribió|ha scritto|escreveu|schreef|skrev)\b[^\n]{0,100}[:\uff1a]\s*$"
)
_ORIGINAL = (
    r"original (?:message|appointment|e-?mail)|forwarded (?:message|by .{2,60}|e-?mail)|(?:begin )?forwarded message|reply message|replied message|message (?:d'origine|original|transféré|transmis|réexpédié)|"
    r"ursprüngliche (?:nachricht|mail|e-?mail)|original-?nachricht|originalnachricht|weitergeleitete (?:nachricht|mail)|anfang der weitergeleiteten (?:nachricht|e-?mail)|antwort nachricht|courriel (?:original|d'origine)|"
    r"début du message (?:réexpédié|transféré|transmis)|mensaje (?:original|reenviado)|inicio del mensaje reenviado|messaggio (?:originale|inoltrato)|inizio messaggio inoltrato|oorspronkelijk bericht|origineel bericht|doorgestuurd bericht|begin doorgestuurd bericht|"
    r"mensagem (?:original|encaminhada|reencaminhada)|início da mensagem (?:encaminhada|reencaminhada)|ursprung(?:ligt|s)?-? ?meddelande|originalmeddelande|vidarebefordrat (?:meddelande|mejl|brev)|oprindelig (?:meddelelse|mail|besked)|original meddelelse|opprinnelig melding|videresendt (?:melding|meddelelse|besked)|"
    r"alkuperäinen (?:viesti|sanoma)|välitetty viesti|(?:oryginalna wiadomość|wiadomość oryginalna)|wiadomość (?:przekazana|napisana)|przekazana wiadomość|(?:původní|pôvodná) (?:zpráva|správa)|přeposlaná zpráva|preposlaná správa|eredeti üzenet|továbbított (?:üzenet|levél)|mesaj(?:ul)? original|mesaj redirecționat|"
    r"orijinal (?:mesaj|ileti)|özgün (?:ileti|mesaj)|iletilen (?:mesaj|ileti)|αρχικό μήνυμα|προωθημένο μήνυμα|исходное (?:сообщение|письмо)|пересылаемое (?:сообщение|письмо)|пересланное (?:сообщение|письмо)|(?:вихідне|оригінальне) повідомлення|оригинално (?:съобщение|писмо)|"
    r"原始邮件|原始郵件|原邮件|回复的?(?:原邮件|邮件)|转发(?:的)?邮件|邮件原件|元のメッセージ|転送(?:された)?メッセージ|원본 ?(?:메시지|메일)|전달된 메시지|הודעה מקורית|الرسالة الأصلية|missatge (?:original|reenviat)|izvirno sporočilo|izvorna poruka"
)
SEPARATOR = re.compile(
    rf"^[\s>*]{{0,20}}(?:[-_*=]{{2,}}\s*(?:{_ORIGINAL})\s*[:\uff1a]?\s*[-_*=]*|[-_*=]*\s*(?:(?:begin |anfang |début |inicio |inizio |início )?[^\n-]{{0,12}}(?:{_ORIGINAL}))\s*(?:[:\uff1a]|[-_*=]{{2,}})\s*[-_*=]*|_{{20,}}|"
    r"[-#=*]{2,}\s*(?:please )?(?:reply|type your reply|write your reply|antworte?n?|répondez|responda?|rispondi) (?:above|bitte oberhalb|oberhalb|au-dessus|encima|sopra)[^\n]{0,60})\s*$",
    re.IGNORECASE,
)
RULE = re.compile(r"^\s*(?:-{30,}|={30,}|\*{30,})\s*$")
_FIELD_NAMES = (
    r"from|sent|sent on|date|date sent|to|cc|bcc|subject|reply-to|importance|attachments?|"
    r"von|gesendet|gesendet am|datum|an|betreff|kopie|antwort an|de|envoyé|envoyé le|à|a|objet|cc|répondre à|enviado|enviado el|enviada em|enviado em|enviada|fecha|para|asunto|data|oggetto|inviato|inviata|da|per|"
    r"van|verzonden|verstuurd|aan|onderwerp|från|fra|skickat|sendt|till|til|ämne|emne|kopia|kopi|lähettäjä|lähetetty|päivämäärä|vastaanottaja|aihe|päiväys|kopio|assunto|od|wysłano|data wysłania|do|dw|temat|odesláno|komu|předmět|odoslané|predmet|kopie|dátum|"
    r"feladó|küldve|címzett|tárgy|elküldve|de la|trimis|către|subiect|kimden|gönderen|gönderildi|gönderme tarihi|kime|konu|tarih|bilgi|από|στάλθηκε|προς|θέμα|ημερομηνία|отправитель|от|от кого|отправлено|дата|кому|тема|копия|від|надіслано|"
    r"发件人|发送时间|发送日期|收件人|抄送|主题|日期|時間|寄件者|寄件日期|收件者|主旨|寄件人|差出人|送信者|送信日時|日付|日時|宛先|件名|보낸 사람|보낸 날짜|날짜|받는 사람|제목|מאת|נשלח|אל|נושא|תאריך|من|إلى|الموضوع|تاريخ"
)
FIELD = re.compile(
    rf"^[>\s*|]{{0,20}}(?:\*|<b>)?(?P<name>{_FIELD_NAMES})\s?(?:\*|</b>)?\s?[:\uff1a](?:\*|</b>)?(?P<value>.*)$", re.IGNORECASE
)  # fmt: skip


def _names(words: str) -> frozenset[str]:
    """Names of header fields; an underscore stands for a space within one."""
    return frozenset(word.replace("_", " ") for word in words.split())


SENDER_FIELDS = _names(
    "from von de da van från fra lähettäjä od feladó kimden gönderen από отправитель от від 发件人 寄件者 寄件人 差出人 送信者 מאת من от_кого de_la 보낸_사람"
)
DATE_FIELDS = _names(
    "sent date gesendet datum envoyé enviado enviada fecha data inviato inviata verzonden verstuurd skickat sendt lähetetty päivämäärä päiväys wysłano odesláno odoslané dátum küldve elküldve trimis gönderildi tarih στάλθηκε ημερομηνία отправлено дата надіслано 发送时间 发送日期 日期 寄件日期 送信日時 日付 日時 נשלח תאריך تاريخ sent_on gesendet_am envoyé_le enviado_el enviada_em enviado_em 보낸_날짜"
)
# One line that a program put under the words; what follows it may again be a person's.
SENT_WITH = re.compile(
    r"^(?:\W{0,3})(?:sent (?:from|via|with|using) (?:my |the )?(?:[\w.'’ +-]{2,40}(?:https?://\S+|\([^)]{0,80}\))?(?:[,.]? +(?:please |pls )?(?:excuse|forgive|ignore).{0,80})?[.!>)]{0,3}|\[[^\]]{0,60}\].{0,80})|get outlook for .{2,60}|sent on the go.{0,40}|"
    r"(?:diese (?:nachricht|e-?mail|mail) wurde )?(?:von|mit) (?:meinem?|meiner|der) .{2,60}gesendet|(?:von|mit) (?:iphone|ipad|outlook|samsung|android|mail).{0,40}gesendet|gesendet (?:von|mit|über|aus) .{2,60}|holen sie sich outlook .{2,60}|laden sie outlook .{2,60}|"
    r"envoyé (?:de(?:puis)?|à partir d[eu']|avec) ?.{2,60}|obtenez outlook .{2,60}|télécharge[zr] outlook .{2,60}|enviado (?:desde|do|de|a partir do|com o|pelo) .{2,60}|obten(?:er|ha|er o) outlook .{2,60}|obtenga outlook .{2,60}|"
    r"inviato (?:da|dal|con) .{2,60}|(?:ottieni|scarica) outlook .{2,60}|verstuurd (?:vanaf|met|via|van) .{2,60}|verzonden (?:vanaf|met|via|van) .{2,60}|outlook voor (?:ios|android).{0,40}|download outlook .{2,60}|skickat från .{2,60}|hämta outlook .{2,60}|sendt fra .{2,60}|sendt fra min .{2,60}|hent outlook .{2,60}|"
    r"lähetetty .{2,60}(?:sta|stä|lta|ltä|puhelimesta|laitteesta).{0,20}|wysłan[eoay] z .{2,60}|pobierz outlook .{2,60}|odesláno z .{2,60}|odoslané z .{2,60}|küldve .{2,60}|trimis de pe .{2,60}|отправлено (?:с|из) .{2,60}|надіслано (?:з|із) .{2,60}|(?:iphone|ipad|android).{0,20}(?:cihazımdan|telefonumdan|'?u?mdan) gönderildi.{0,20}|.{2,40}(?:dan|den) gönderildi|"
    r"发自我的.{0,30}|從我的 ?.{0,30}傳送|从我的 ?.{0,30}发送|.{0,30}(?:から送信|より送信)|나의 .{0,30}에서 보냄|내 .{0,30}에서 보냄|στάλθηκε από .{2,60}|נשלח מה.{2,60}|أرسلت من .{2,60}|yahoo mail.{0,60}(?:organize|search).{0,40})$",
    re.IGNORECASE,
)
# From here on nobody says anything new, unless a quotation follows.
SIGNATURE = re.compile(
    r"^(?:--\s?$|—\s?$|__\s?$|-----begin pgp signature-----|_{5,}\s*$|"
    r"[*\W]{0,4}(?:confidentiality(?: notice| note)?\b|disclaimer\b|legal notice\b|privileged(?: and|/)|vertraulichkeitshinweis|haftungsausschluss|avis de confidentialité|aviso (?:legal|de confidencialidad)|avvertenz[ae]|nota de confidencialidad)|"
    r"[*\W]{0,4}(?:this|the information(?: contained)? in this|the contents? of this|diese|der inhalt dieser|ce|cet|este|questo|la presente|dit|deze|detta|denne|niniejsza|tato|эт[оа]) (?:e-?mail|message|mail|communication|transmission|nachricht|e-?mail-nachricht|courriel|mensaje|correo(?: electrónico)?|messaggio|bericht|mensagem|meddelande|meddelelse|wiadomość|zpráva|письмо|сообщение)\b[^\n]{0,120}(?:confiden|intended|privileg|vertraulich|enthält|contient|contiene|destin|bestemd|conté|contém|riservat|avsedd|tiltenkt|fortrolig|poufn|důvěrn|конфиденц)|"
    r"please consider the environment|bitte (?:prüfen|denken) sie .{0,40}umwelt|pensez à l'environnement|p before printing)",
    re.IGNORECASE,
)
PGP = re.compile(r"^-----(?:begin pgp signed message-----|begin pgp public key block|end pgp)", re.IGNORECASE)
