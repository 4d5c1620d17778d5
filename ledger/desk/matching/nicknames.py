"""What people call each other instead of the name on their card, in our languages. Names folded (`names.fold`)."""

_GROUPS = """
william bill billy will willy liam gwilym gwil wil
robert bob bobby rob robbie robin
richard dick rick ricky richie
edward ed eddie ted teddy ned
james jim jimmy jamie
john jack johnny jon sion jac
thomas tom tommy tomos twm
michael mike mick micky mikey
margaret maggie meg peggy madge marged megan mags
elizabeth liz lizzie beth betty betsy eliza elsie libby lisbeth
katherine catherine kathryn kate kath kathy cathy katie kitty catrin cat cadi
dorothy dot dottie dolly
susan sue susie suzanne
patricia pat patty tricia trish
patrick pat paddy
anthony tony
charles charlie chuck
christopher chris kit
christine chris chrissie tina
daniel dan danny dai
david dave davy dai dafydd dewi
stephen steven steve
andrew andy drew
barbara barb babs
frances fran fanny
francis frank
george georgie
henry harry hal
jacqueline jackie
jennifer jen jenny
joseph joe joey
josephine jo josie
judith judy
lawrence larry
leonard len lenny
mary molly polly mair mari
matthew matt
nicholas nick nicky
pamela pam
peter pete
philip phil
ronald ron ronnie
samuel sam sammy
sarah sally sadie
timothy tim
victoria vicky tori
winifred win winnie
evan ifan ieuan
gwendoline gwen gwenda
myfanwy fanw
gareth gary gaz
gruffydd griffith gruff griff guto
llywelyn llewelyn llew lyn
hywel howell hyw
iorwerth iori iolo
owain owen
ifor ivor
huw hugh hughie
meirion mei
rhiannon rhi non
bronwen bron
ceridwen ceri
gwenllian gwen llio
eluned luned
bethan beth
angharad anghi
sioned janet
ann anne annie nan nansi
giuseppe beppe peppe pino geppo peppino
giuseppina pina peppina giusy pinuccia
giovanni gianni nanni vanni
giovanna gianna vanna
francesco franco checco ciccio cecco
francesca franca checca
antonio tonio toni tonino totò
antonia tonia antonella
domenico mimmo menico
domenica mimma
salvatore totò turi toto turiddu
luigi gigi gino luigino
luigia gina luisella gigia
filomena mena
concetta tina titti concettina cettina
caterina rina cate
teresa tere sisina resi
vincenzo enzo cenzo
vincenza enza
gaetano tano
antonino nino
sebastiano bastiano nello
carmelo melo
carmela melina carmelina
pasquale pasqualino lino
ferdinando nando
leonardo leo nardo
bartolomeo meo
gabriele lele
emanuele manuele manu
matteo teo
giacomo mino
angela angelina lina
annunziata nunzia nunziatina
rosalia lia
antonietta tonina etta
lorenzo renzo
pietro piero pierino
michele lele
raffaele lello raffa
alessandro sandro ale
alessandra sandra ale
federico fede chicco
margherita rita ghita
elisabetta betta lisa betty elisa
maria mari mariuccia mariella mimi
immacolata imma titina
jose pepe pepito chepe josep pep
josefa pepa pepita fina josefina
francisco paco pancho curro kiko fran francesc cesc quico xesc
francisca paca paquita fani cisca xisca
ignacio nacho ignasi iñaki nasi
enrique quique kike enric quim
manuel manolo manu lolo
manuela manoli manola
dolores lola loli
concepcion concha conchita conchi
mercedes merche meche merce
rosario charo chayo
maria mari maruja mariquita marieta
teresa tere maite teresita
isabel isa bel bela
antonio toni tono antoni
guadalupe lupe
guillermo memo guille guillem
jesus chus suso chuy
luis lucho lluis
pilar pili piluca
rafael rafa
ramon moncho mon
roberto beto tito
santiago santi yago chago
jaime jaume jaumet
juan juanito joan
joaquin quim chimo joaquim
jordi jorge
carmen carmina menchu carme
monserrat montse montserrat
nuria nuri
eulalia laia lali
alberto berto albert
cristina cris tina
consuelo chelo
gregorio goyo
kenji ken
kenichi ken
hiroshi hiro
masahiro masa
masako masa
yoshiko yoshi
yukiko yuki
sachiko sachi
michiko michi
takashi taka
kazuko kazu
noriko nori
tomoko tomo
eduardo edu lalo eduard
"""


def _classes() -> dict[str, frozenset[int]]:
    classes: dict[str, set[int]] = {}
    for number, line in enumerate(_GROUPS.split("\n")):
        for name in line.translate(str.maketrans("òñ", "on")).split():
            classes.setdefault(name, set()).add(number)
    return {name: frozenset(numbers) for name, numbers in classes.items()}


CLASSES = _classes()
"""The groups a name belongs to: "pat" is in two, that of Patricia and that of Patrick."""


def groups(name: str) -> frozenset[int]:
    """The groups of names that people use for each other; empty for a name with none."""
    return CLASSES.get(name, frozenset())
