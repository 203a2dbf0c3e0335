"""Words that stand where names stand and are none: of menus and headings, and of what sites are made with."""

import re
from functools import lru_cache

from pipeline.rules.company_match import company_key
from pipeline.rules.dedupe import plain
from pipeline.rules.extraction_visible import readable

_GENERIC_NAMES = """
    my site|mysite|my website|my blog|my store|my wordpress|just another wordpress site|site title|site name|new site|
    company name|business name|store name|organization|organisation|default store view|main website|main website store|
    demo|demo store|test|test site|lorem ipsum|firma|firmenname|nombre de la empresa|nom de l entreprise|nome azienda|
    contact|contact us|contacts|contact form|contact info|contact information|contact details|
    contact page|get in touch|home|homepage|home page|startseite|start|accueil|inicio|index|welcome|
    willkommen|bienvenue|about|about us|über uns|ueber uns|a propos|qui sommes nous|chi siamo|
    sobre nosotros|quienes somos|sobre|team|our team|unser team|impressum|imprint|kontakt|kontakte|
    kontaktformular|contatti|contacto|contato|contatto|contactez-nous|contactez nous|nous contacter|
    contacteer ons|contact opnemen|yhteystiedot|kapcsolat|kontakta oss|kontakt os|kontakt oss|контакты|
    контакти|обратная связь|о компании|お問い合わせ|会社概要|会社情報|会社案内|企業情報|アクセス|
    お問い合わせ・会社概要|お問い合わせフォーム|特定商取引法に基づく表記|ホーム|トップページ|문의하기|
    문의|회사소개|오시는 길|联系我们|关于我们|聯絡我們|首页|تماس با ما|درباره ما|اتصل بنا|من نحن|
    צור קשר|iletisim|bize ulasin|hakkimizda|liên hệ|document|kontakty|o nas|o nás|ota yhteytta|login|
    log in|sign in|sign up|register|registration|search|news|blog|shop|store|online shop|onlineshop|
    menu|logo|site logo|company logo|our logo|all rights reserved|privacy|privacy policy|terms|sitemap|
    faq|help|support|customer service|customer care|services|products|careers|jobs|page not found|404|
    untitled|untitled document|new page|default|website|web site|official site|official website|company|
    location|locations|directions|hours|reservations|mentions legales|legal|legal notice|aviso legal|
    note legali|datenschutz|agb|powered by|header|footer|banner|image|the|copyright|address|adresse|
    anschrift|phone|telephone|email|e-mail|mail|postanschrift|head office|headquarters|main office|
    our office|office|offices|mailing address|visit us|find us|where to find us|how to find us|reach us|
    write to us|feedback|site|us|inc|llc|ltd|telefon|reviews|gallery|portfolio|request a quote|
    free quote|back to top|skip to content|loading|title|alle rechte vorbehalten|
    tutti i diritti riservati|tous droits reserves|todos los derechos reservados|herausgeber|anbieter|
    verantwortlich|geschaftsfuhrer|medieninhaber|diensteanbieter|betreiber|angaben gemass  5 tmg|
    vertreten durch|intro|main|general inquiries|questions|call us|call us today|call now|email us|
    more information|information|info|details|customer portal|my account|account|create account|forum|
    forums|forgot password|anmelden|passwort vergessen|wishlist|cart|checkout|privacy notice|
    privacy statement|terms of service|terms of use|terms and conditions|trademark|trademarks|notice|
    statement|newsletter|newsletter subscription|newsletter signup|subscribe|subscription|member center|
    member login|customer login|member sign in|sign in register|login register|create an account|
    create a new account|your account|registration form|user registration|forgot your password|
    reset password|password reset|password recovery|lost password|shopping cart|gift cards|
    free shipping|latest news|recent posts|read more|learn more|guest book|guestbook|partner|partners|
    sponsors|clients|customers|testimonials|our services|our products|our story|our company|who we are|
    what we do|opening hours|business hours|company info|company profile|company information|
    corporate information|press|media|events|calendar|resources|downloads|links|archive|archives|
    category|categories|mentions légales|plan du site|connexion|inscription|mon compte|
    mot de passe oublié|identifiez vous|se connecter|nous trouver|nos services|nos produits|actualités|
    panier|boutique|espace client|formulaire de contact|politique de confidentialité|iniciar sesión|
    registrarse|registro|regístrate|acceso|mi cuenta|carrito|tienda|noticias|productos|servicios|
    política de privacidad|quiénes somos|nosotros|formulario de contacto|inicio de sesión|accedi|
    registrati|registrazione|area clienti|prodotti|servizi|notizie|carrello|dove siamo|azienda|
    l azienda|kundenlogin|kundenkonto|mein konto|warenkorb|registrieren|registrierung|anmeldung|
    aktuelles|über das unternehmen|unternehmen|leistungen|produkte|anfahrt|öffnungszeiten|
    datenschutzerklärung|so erreichen sie uns|ansprechpartner|inloggen|registreren|winkelwagen|over ons|
    nieuws|producten|diensten|mijn account|veelgestelde vragen|logga in|registrera|om oss|nyheter|
    produkter|tjänster|varukorg|log ind|opret bruger|om os|nyheder|logg inn|kirjaudu|rekisteröidy|
    meistä|tuotteet|palvelut|ajankohtaista|etusivu|forsiden|hem|hjem|logowanie|rejestracja|
    strona główna|o firmie|aktualności|oferta|koszyk|moje konto|przypomnienie hasła|přihlášení|
    registrace|úvod|úvodní stránka|novinky|produkty|služby|košík|prihlásenie|registrácia|domov|
    bejelentkezés|regisztráció|főoldal|rólunk|hírek|termékek|szolgáltatások|kosár|acasă|despre noi|
    autentificare|înregistrare|știri|produse|servicii|početna|o nama|proizvodi|usluge|prijava|entrar|
    cadastro|cadastre se|quem somos|sobre nós|a empresa|empresa|notícias|produtos|serviços|carrinho|
    fale conosco|giriş|giriş yap|üye ol|anasayfa|ana sayfa|haberler|ürünler|hizmetler|sepet|kayıt ol|
    главная|главная страница|о нас|новости|лента новостей|каталог|товары|услуги|вход|войти|регистрация|
    авторизация|корзина|личный кабинет|восстановление пароля|форум|поиск|доставка|оплата|головна|
    про нас|новини|вхід|реєстрація|начало|за нас|вход в системата|продукти|αρχική|επικοινωνία|σύνδεση|
    εγγραφή|σχετικά με εμάς|προϊόντα|υπηρεσίες|ログイン|新規登録|会員登録|会員ログイン|
    パスワードを忘れた方|マイページ|お知らせ|ニュース|サイトマップ|プライバシーポリシー|採用情報|
    事業内容|サービス|商品一覧|로그인|회원가입|공지사항|고객센터|마이페이지|장바구니|登录|注册|新闻|
    产品|服务|登入|註冊|會員登入|最新消息|الرئيسية|تسجيل الدخول|تسجيل|اخبار|ورود|ثبت نام|כניסה|הרשמה|
    אודות|trang chủ|đăng nhập|đăng ký|giới thiệu|beranda|masuk|daftar|tentang kami|hubungi kami
"""
# What pages are built with, hosted at and linked to: such a name is the owner's on its own site only.
_PLATFORM_NAMES = """
    facebook|twitter|instagram|linkedin|youtube|google|google maps|google analytics|recaptcha|pinterest|
    tiktok|whatsapp|telegram|vkontakte|wordpress|wordpress.com|wordpress.org|automattic|woocommerce|
    joomla|drupal|typo3|contao|concrete5|prestashop|magento|opencart|oscommerce|zen cart|shopify|
    bigcommerce|volusion|3dcart|corecommerce|wix|wix.com|squarespace|weebly|jimdo|webnode|webflow|
    godaddy|ionos|strato|blogger|blogspot|tumblr|medium|ghost|tilda|ucoz|phpbb|phpbb group|
    phpbb limited|vbulletin|vbulletin solutions|invision power services|invision community|
    simple machines|mybb|mybb group|xenforo|discourse|vanilla forums|zendesk|freshdesk|hubspot|
    mailchimp|typeform|jotform|eventbrite|meetup|paypal|stripe|visa|mastercard|klarna|trustpilot|
    cookiebot|onetrust|cloudflare|openstreetmap|openstreetmap contributors|adobe|microsoft|apple|
    app store|google play|internet explorer|firefox|elementor|divi|astra|themeforest|envato|colorlib|
    html5 up|bootstrap|templatemonster
"""


def _words(text: str) -> str:
    return " ".join(re.sub(r"[^\w&-]+", " ", plain(text)).split())


_GENERIC = frozenset(_words(name) for name in _GENERIC_NAMES.split("|"))
_PLATFORMS = frozenset(company_key(name) for name in _PLATFORM_NAMES.split("|"))
_NAMES_KEPT = 2048  # a site names its owner on each of its pages, and a page in many places
_LEADING = re.compile(
    r"(?i)^(?:welcome to|willkommen bei|bienvenue (?:chez|sur)|bienvenidos? a|benvenuti (?:in|da|su)|"
    r"about|contact(?:ing)?(?: us)?(?: at| -|:)?|"
    r"contacter|contactez|contatta|contate|kontakt(?:ieren sie)?|über|get in touch with|"
    r"(?:impressum|imprint|mentions légales|aviso legal|note legali) (?:der|des|von|of|de|du|di)|"
    r"the official (?:site|website) of|official (?:site|website) of|"
    r"home of|login to|by|and|von|интернет[- ]магазин|онлайн[- ]магазин)\s+(?=\S)"
)
_TRAILING = re.compile(
    r"(?i)[\s,|–-]*(?:\(\s?(?:www\.)?[\w-]{2,40}\.[a-z]{2,6}(?:\.[a-z]{2})?\s?\)|"
    r"\blogo(?:type)?|\bhome ?page|\bhome|\bcontact(?: us)?|\bofficial (?:site|website)|"
    r"\(?opens in.*|\bwebsite|\bimpressum|"
    r"\bkontakt|\ball rights reserved.*|\balle rechte.*|\btutti i diritti.*|\btous droits.*|"
    r"\btodos (?:los|os) d.*|\bwszelkie prawa.*|"
    r"\bвсе права.*|\bpowered by.*|\bdesign(?:ed)? by.*|\bwebsite by.*|\bsite by.*|[®™©]+)\s*$"
)


_EDGES = " \"'“”«».,;:|–—-·•*/\\>"
_DOTTED_FORM = re.compile(
    r"(?i)(?:\binc|\bltd|\bco|\bcorp|\bs\.?p\.?a|\bs\.?r\.?l|\bb\.?v|\be\.?k|\bs\.?r\.?o|\ba\.?s|\bs\.l|\bs\.a|\be\.v|\bl\.l\.c)$"
)
_VERSION = re.compile(r"\s?\(v?\d[\d.]*\)$")
_GLOSS = re.compile(r"(?<=[\u3040-\u9fff\uac00-\ud7af.])\s?[（(][^()（）]{2,60}[)）]$")
# `Jane Miller, tax adviser`: small letters after a comma say what one is, but for legal forms and conjunctions.
_DESCRIBED = re.compile(
    r"^(?P<name>[^,]{3,60}),\s(?!(?:inc|ltd|llc|llp|plc|corp|co|gmbh|mbh|kg|spol|sp|s\.|a\.|d\.|e\.|v\.|z\.|sro|as|and|und|"
    r"et|y|e|i|og|och|en|ja|und|of|de|für|for)\b)[a-zà-ÿа-яё][\w'’-]+(?:\s.*)?$"
)


@lru_cache(maxsize=_NAMES_KEPT)
def tidied(name: str) -> str:
    """Without what pages write around the name."""
    name = " ".join(readable(name).split()).strip(f"{_EDGES}!")
    for _ in range(2):
        bare = _TRAILING.sub("", _LEADING.sub("", name)).strip(_EDGES)
        if bare == name:
            break
        name = bare
    name = _GLOSS.sub("", name) if _has_wide_letters(name) else _VERSION.sub("", name)
    described = _DESCRIBED.match(name)
    name = described["name"] if described else name
    # the dot of the legal form went with the rest
    return f"{name}." if _DOTTED_FORM.search(name[-8:]) else name


def _has_wide_letters(text: str) -> bool:
    return not text.isascii() and any("\u3040" <= letter <= "\ud7af" for letter in text)


_NO_NAME = re.compile(
    r"(?i)(?:contact|about|kontakt|impressum|welcome|call|email)\b.{0,14}|\W*your?\b.{0,40}|.*\[your .*|"
    r"(?:&|and\b|und\b|et\b|or\b|oder\b).*"
)


@lru_cache(maxsize=_NAMES_KEPT)
def is_generic(name: str) -> bool:
    """A heading, a menu's word, a slogan's beginning: the name of no company."""
    if _words(name) in _GENERIC or not re.search(r"[^\W\d_]{2}", name) or "@" in name or "://" in name:
        return True
    return _NO_NAME.fullmatch(name) is not None


def is_tool(name: str) -> bool:
    """A name that pages of others bear: of their forum, their shop, the networks they link to."""
    return company_key(name) in _PLATFORMS
