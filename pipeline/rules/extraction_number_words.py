"""Words that stand before a number: of phones, and of what is numbered otherwise."""

import re

_NUMBER_WORDS = """
    tel tele telefon telefono teléfono telefone téléphone telephone telephones phone phones ph fon mobile mob mobil
    movil móvil celular cell cellulare handy natel gsm call calls calling dial ring ringe ringa soita appelez chiama
    chiamaci chiamateci llame llama ligar zadzwoń zavolejte volejte bel bellen fax telefax télécopie facsimile hotline
    helpline tlf tfn tél tfno telf puh whatsapp whatapps sms text tollfree freephone office direct switchboard
    centralino ligue fone llámanos llamenos rufen ruf durchwahl zentrale línea linea тел телефон телефоны факс
    моб звоните телефону поддержка 電話 電話番号 代表 전화 대표전화 고객지원 팩스
    τηλ τηλέφωνο φαξ 电话 電話 传真 手机 热线 טלפון
    โทร โทรศัพท์ điện đt telp fono pbx vert verde 客服 聯絡電話 연락처 연락 フリーダイヤル 携帯 お電話 ファックス
    هاتف تلفن جوال فاکس فاكس موبایل همراه
    telepon hp viber reservations reception booking bookings sales support enquiries inquiries
    kontakt contact contacts emergency recepción recepcion vakt salg redaktion
    administration customer service salon toll-free
"""
_OTHER_WORDS = r"""
    vat ust ust-id ust-idnr\.? ustid uid mwst mwst-nr steuernummer steuer-nr\.? st\.?-nr\.? tax nip regon krs ičo dič
    ico dic p\.?\s?iva partita\siva p\.i\.? c\.f\.? cod\.?\s?fisc\.? codice\sfiscale rea
    siret siren rcs ape cnpj cpf cvr
    kvk k\.v\.k\.? btw hrb hra iban bic swift konto kontonummer kto blz sort\scode routing isbn issn ean gtin sku upc
    registered registration reg\.?\sno\.? company\sno\.? company\snumber company\sreg nmls usdot abn acn gst gstin ein
    fein npi duns d-u-n-s charity cin nif cif nie nit rut ruc cuit rfc инн кпп огрн бик р/с к/с счет окпо єдрпоу
    사업자등록번호 사업자번호 통신판매업신고번호
    통신판매 계좌 국민은행 우리은행
    무통장계좌 icq qq ip zip cep plz po\sbox p\.o\.\sbox
    postfach copyright © version build cnil y-tunnus orgnr\.? org\.?\s?nr\.? organisationsnummer mls lat lng longitude
    latitude gps inscrição matricula vorgangsnummer cst permit kundennummer lizenznummer fn handelsregister
    (?:license|licence|lic|account|acct|order|invoice|item|model|art|artikel|policy|case|ticket|ref|reference|reg|id|
    bestell|document|project|part)\.?[\s-]?(?:no|nr|number|num|nummer|\#|id)\.?
    id-number vat-number
"""
BEFORE = re.compile(
    r"(?<![^\W_])(?:(?P<phone>"
    + "|".join(_NUMBER_WORDS.split())
    + r")|(?P<other>"
    + "|".join("".join(_OTHER_WORDS.split("\n")).split())
    + r"))(?![^\W_])",
    re.IGNORECASE,
)
