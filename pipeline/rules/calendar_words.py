"""Months and weekdays as people write them in automatic answers."""

_MONTH_NAMES = (
    "january jan januar jänner janvier janv enero ene gennaio gen januari janeiro tammikuuta tammikuun tammikuu "
    "stycznia styczeń sty ledna leden január ocak января янв січня ιανουαρίου ianuarie",
    "february feb februar février févr fevrier febrero febbraio februari fevereiro fev helmikuuta helmikuun "
    "helmikuu lutego luty února únor február şubat февраля фев лютого φεβρουαρίου februarie",
    "march mar märz maerz mrz mars marzo maart mrt marts março marco maaliskuuta maaliskuun maaliskuu marca marzec "
    "března březen március márc mart марта мар березня μαρτίου martie",
    "april apr avril avr abril abr aprile huhtikuuta huhtikuun huhtikuu kwietnia kwiecień kwi dubna duben április "
    "ápr nisan апреля апр квітня απριλίου aprilie",
    "may mai mayo maggio mag mei maio maj toukokuuta toukokuun toukokuu maja května květen május mayıs мая травня "
    "μαΐου",
    "june jun juni juin junio giugno giu junho kesäkuuta kesäkuun kesäkuu czerwca czerwiec cze června červen június "
    "haziran июня июн червня ιουνίου iunie",
    "july jul juli juillet juil julio luglio lug julho heinäkuuta heinäkuun heinäkuu lipca lipiec lip července "
    "červenec július temmuz июля июл липня ιουλίου iulie",
    "august aug août aout agosto ago augustus augusti elokuuta elokuun elokuu sierpnia sierpień sie srpna srpen "
    "augusztus ağustos августа авг серпня αυγούστου",
    "september sep sept septembre septiembre settembre set setembro syyskuuta syyskuun syyskuu września wrzesień wrz "
    "září szeptember szept eylül сентября сен сент вересня σεπτεμβρίου septembrie",
    "october oct oktober okt octobre octubre ottobre ott outubro out lokakuuta lokakuun lokakuu października "
    "październik paź října říjen október ekim октября окт жовтня οκτωβρίου octombrie",
    "november nov novembre noviembre novembro marraskuuta marraskuun marraskuu listopada listopad lis listopadu "
    "kasım ноября ноя листопада νοεμβρίου noiembrie",
    "december dec dezember dez décembre decembre déc diciembre dic dicembre dezembro desember joulukuuta joulukuun "
    "joulukuu grudnia grudzień gru prosince prosinec aralık декабря дек грудня δεκεμβρίου decembrie",
)
MONTHS = {name: number for number, names in enumerate(_MONTH_NAMES, start=1) for name in names.split()}
_DAY_NAMES = (
    "monday mon montag mo lundi lunes lunedì lunedi maandag segunda segunda-feira måndag mandag maanantaina maanantai "
    "poniedziałek poniedziałku pondělí понедельник pazartesi hétfő hétfőn 月曜日 月曜 星期一 周一",
    "tuesday tue dienstag mardi martes martedì martedi dinsdag terça terça-feira tisdag tirsdag tiistaina tiistai "
    "wtorek úterý вторник salı kedden 火曜日 火曜 星期二 周二",
    "wednesday wed mittwoch mercredi miércoles miercoles mercoledì mercoledi woensdag quarta quarta-feira onsdag "
    "keskiviikkona keskiviikko środę środa středu среду çarşamba szerdán 水曜日 水曜 星期三 周三",
    "thursday thu thurs donnerstag jeudi jueves giovedì giovedi donderdag quinta quinta-feira torsdag torstaina "
    "torstai czwartek čtvrtek четверг perşembe csütörtökön 木曜日 木曜 星期四 周四",
    "friday fri freitag vendredi viernes venerdì venerdi vrijdag sexta sexta-feira fredag perjantaina perjantai "
    "piątek pátek пятницу cuma pénteken 金曜日 金曜 星期五 周五",
    "saturday samstag samedi sábado sabado sabato zaterdag lördag lørdag lauantaina sobotę sobotu субботу cumartesi",
    "sunday sonntag dimanche domingo domenica zondag söndag søndag sunnuntaina niedzielę neděli воскресенье pazar",
)
WEEKDAYS = {name: number for number, names in enumerate(_DAY_NAMES) for name in names.split()}
