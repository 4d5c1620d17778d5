"""What the columns of a list are called, in the six languages. Words without accents and in small letters."""

from ledger.desk.tables.mapping import Field
from ledger.desk.tables.values import Unit

WORDS: dict[Field, tuple[str, ...]] = {
    Field.PROVIDER: (
        "provider", "volunteer", "giver", "given by", "carer", "helper", "who helped", "from", "member giving",
        "helped by", "done by", "payee", "seller", "earned by",
        "gwirfoddolwr", "gwirfoddolwyr", "darparwr", "rhoddwr", "gofalwr", "oddi wrth", "gan",
        "volontario", "volontaria", "volontari", "donatore", "offerente", "chi offre", "che offre", "chi da",
        "dato da", "offre", "erogatore", "da",
        "voluntario", "voluntaria", "proveedor", "proveedora", "prestador", "quien da", "que da", "hecho por",
        "que ofrece", "cobra", "ofrece", "cuidadora", "de",
        "voluntari", "proveidor", "proveidora", "prestadora", "qui dona", "que dona", "fet per",
        "que ofereix", "ofereix",
        "提供者", "提供会員", "協力会員", "援助者", "援助会員", "支援者", "担い手", "ボランティア", "活動者",
    ),
    Field.RECEIVER: (
        "receiver", "recipient", "received by", "service user", "client", "member helped", "who was helped",
        "done for", "given to", "payer", "buyer", "spent by", "for",
        "beneficiary", "to", "visited", "member visited",
        "derbynnydd", "defnyddiwr", "defnyddiwr gwasanaeth", "i bwy", "cleient",
        "assistito", "assistita", "assistiti", "ricevente", "chi riceve", "che riceve", "ricevuto da",
        "riceve", "beneficiario", "beneficiaria", "utente", "a",
        "receptor", "receptora", "destinatario", "destinataria", "usuario", "usuaria", "quien recibe",
        "que recibe", "hecho para", "paga", "recibe",
        "persona atendida", "persona atesa", "beneficiari", "usuari", "destinatari", "qui rep", "que rep", "rep",
        "利用者", "利用会員", "依頼者", "依頼会員", "受け手", "受益者", "受給者", "お客様", "利用者氏名",
    ),
    Field.SERVICE_ON: (
        "date", "day", "date of visit", "visit date", "service date", "when", "dyddiad", "dydd", "diwrnod", "pryd",
        "data", "giorno", "data servizio", "quando", "fecha", "dia", "cuando", "data del servei", "quan",
        "日付", "年月日", "月日", "実施日", "活動日", "利用日", "サービス日", "提供日",
    ),
    Field.DURATION: (
        "hours", "hrs", "hour", "minutes", "mins", "duration", "length", "time", "time taken", "time spent",
        "amount", "quantity", "oriau", "awr", "awrs", "munudau", "hyd", "amser",
        "ore", "ora", "minuti", "durata", "tempo", "quantita", "horas", "hora", "minutos", "duracion", "tiempo",
        "cantidad", "hores", "minuts", "durada", "temps", "quantitat",
        "時間", "時間数", "所要時間", "活動時間", "利用時間", "提供時間", "分", "分数",
    ),
    Field.FROM_TIME: (
        "start", "start time", "from", "time in", "begin", "began", "started", "dechrau", "amser dechrau", "o",
        "inizio", "ora inizio", "dalle", "inicio", "hora inicio", "hora de inicio", "desde", "inici", "hora inici",
        "hora d'inici", "des de", "開始", "開始時刻", "開始時間", "自",
    ),
    Field.TO_TIME: (
        "end", "end time", "to", "time out", "finish", "finished", "until", "diwedd", "amser gorffen", "gorffen",
        "hyd at", "fine", "ora fine", "alle", "fin", "hora fin", "hora de fin", "hasta", "fi", "hora fi", "fins a",
        "終了", "終了時刻", "終了時間", "至",
    ),
    Field.ACTIVITY: (
        "activity", "service", "task", "kind of help", "type", "category", "what was done", "help given",
        "gweithgaredd", "gwasanaeth", "tasg", "math", "categori", "attivita", "servizio", "mansione", "tipo",
        "categoria", "actividad", "servicio", "tarea", "activitat", "servei", "tasca", "tipus",
        "活動内容", "サービス内容", "内容", "活動", "種類", "種別", "サービス",
    ),
    Field.NOTE: (
        "note", "notes", "comment", "comments", "remarks", "description", "details", "nodyn", "nodiadau", "sylwadau",
        "disgrifiad", "osservazioni", "commenti", "descrizione", "nota", "notas", "observaciones", "comentarios",
        "descripcion", "observacions", "comentaris", "descripcio", "備考", "メモ", "摘要", "特記事項",
    ),
    Field.REFERENCE: (
        "reference", "ref", "no", "sheet", "sheet no", "number", "cheque", "cheque no", "id", "cyfeirnod", "rhif",
        "taflen", "riferimento", "rif", "numero", "n", "foglio", "assegno", "referencia", "num", "hoja",
        "cheque n", "full", "xec", "番号", "整理番号", "伝票番号", "用紙番号", "no.",
    ),
    Field.BALANCE: (
        "balance", "gweddill", "balans", "mantolen", "saldo", "残高", "残時間", "差引残高",
    ),
}  # fmt: skip

UNITS: dict[Unit, tuple[str, ...]] = {
    Unit.HOURS: ("hours", "hrs", "oriau", "ore", "horas", "hores", "時間", "時間数", "hour", "h"),
    Unit.MINUTES: ("minutes", "mins", "min", "munudau", "minuti", "minutos", "minuts", "分", "分数"),
}
"""Words of a header that say what its bare numbers count."""
