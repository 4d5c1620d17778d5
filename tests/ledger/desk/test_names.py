"""A name on paper against the names of members: whom it may mean, and how that was found."""

from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as some

from ledger.desk.matching.names import Named, Names, the_one
from ledger.desk.matching.spelling import distance

MEMBERS = """
1   Mary Jones
2   Huw Price
3   William Davies
4   Siân Ŵyn
5   José García López
6   Josefa Núñez
7   Giuseppina Bianchi
8   Maria Rossi
9   Mario Rossi
10  Niccolò D'Angelo
11  山田 太郎
12  鈴木花子
13  カトウ ユミ
14  Anne-Marie O'Brien
15  Tom Evans
16  Tom Evans
17  Elizabeth Wotherspoon
18  Margaret Jones
19  Don Pugh
20  Ana Vidal i Puig
21  高橋 恵子
22  Joan Ellis
23  Megan
24  Megan Roberts
25  Rhys & Nia Morgan
26  Rhys Owen
27  Nia Lloyd
28  Owen Lloyd
"""

# as written on paper | member numbers, the best first | reasons of the first
FOUND = """
Mary Jones             1      same_name
Mary Jones            1      same_name
MARY JONES             1      accents_or_case
Ｍａｒｙ Ｊｏｎｅｓ    1      accents_or_case
Mrs Mary Jones         1      title
Mrs. Jones, Mary       1      title swapped_order
Jones Mary             1      swapped_order
Jones, Mary            1      swapped_order
Sian Wyn               4      accents_or_case
Bill Davies            3      nickname
Davies, Will           3      swapped_order nickname
Sig.ra Pina Bianchi    7      nickname
Bianchi Giuseppina     7      swapped_order
Pepe García López      5      nickname
José García            5      part_of_name
Pepe Garcia            5      nickname part_of_name
Pepa Nunez             6      nickname
Ana Vidal              20     part_of_name
M. Jones               1 18   initial            # Mary and Margaret
Maria Rosi             8 9    misspelt
Maria Rossi            8      same_name
Mari Rossi             8 9    nickname           # Maria is called so; Mario only by a slip
D'Angelo Niccolo       10     swapped_order
Nicolo D’Angelo        10     misspelt
Wotherspon Elizabeth   17     swapped_order misspelt
Elisabeth Wotherspoon  17     misspelt
Liz Wotherspoon        17     nickname
Elizabeth Whoterspoon  17     misspelt           # two slips in a long word
Hwu Price              -      -                  # three letters are too few for a slip
Mary Jons              1      misspelt
Mary Evans             -      -
Zebedee Jones          -      -
Jones                  1 18   part_of_name
Tom Evans              15 16  same_name
Anne Marie OBrien      14     accents_or_case
Don Pugh               19     same_name
山田太郎               11     accents_or_case
山田　太郎さん         11     title
太郎 山田              11     swapped_order
鈴木 花子 様           12     title
鈴木様                 -      -                  # of one word nothing tells where the surname ends
山田さん               11     part_of_name
ｶﾄｳ ﾕﾐ                 13     accents_or_case
かとう ゆみ            13     accents_or_case
髙橋惠子               21     accents_or_case
5                      5      member_number
No. 5                  5      member_number
#12                    12     member_number
会員番号 12            12     member_number
99                     -      -
Mary Jones (1)         1      member_number
Huw Price #2           2      member_number
Tom Evans (16)         16     member_number
Mary Jones (2)         2 1    member_number      # the number and the name mean two people
Mary Jones (99)        -      -
Nobody (2)             -      -
-                      -      -
Mrs                    -      -
Joan                   22     part_of_name
joan                   22     part_of_name
Joan E.                22     initial
Joan Ellis             22     same_name
Joan (22)              22     member_number
Megan                  23 24  same_name          # she whose whole name that is, or any other
MEGAN                  23 24  accents_or_case
Megan Roberts          24     same_name
Mary Jones & Huw Price  1 2   same_name one_of_several
Huw Price and Mary Jones  1 2  same_name one_of_several
Mary Jones/Huw Price   1 2    same_name one_of_several
Maria Rossi e Ugo      -      -                  # only one of them is anybody here
Pina Bianchi e Maria Rossi  7 8  nickname one_of_several
Nia + Owen Lloyd       27 28  same_name one_of_several
Joan & Huw             2 22   part_of_name one_of_several
Joan (22) & Huw (2)    2 22   member_number one_of_several
22 & 2                 2 22   member_number one_of_several
Rhys & Nia Morgan      25     same_name          # one member, such as a couple's
Nia and Rhys Morgan    25     swapped_order part_of_name
山田太郎、鈴木花子     11 12  accents_or_case one_of_several
Ana Vidal i Puig       20     same_name
Ana i Puig             20     part_of_name       # both are hers
Mary A Jones           -      -                  # an initial, and no other person
Mary & nobody          -      -
"""


def members():
    for line in MEMBERS.strip().splitlines():
        number, name = line.split(maxsplit=1)
        yield Named(UUID(int=int(number)), int(number), name)


NAMES = Names(members())


def lines():
    for line in FOUND.strip("\n").splitlines():
        cells = [each.strip(" ") for each in line.partition("   # ")[0].split("  ") if each.strip(" ")]
        assert len(cells) == 3, line
        yield tuple(cells)


@pytest.mark.parametrize(("written", "numbers", "reasons"), list(lines()))
def test_a_name_on_paper_leads_to_its_members(written, numbers, reasons):
    found = NAMES.find(written)
    assert [each.member_id.int for each in found] == [int(each) for each in numbers.split() if each != "-"]
    assert " ".join(found[0].reasons if found else ["-"]) == reasons


@pytest.mark.parametrize(
    ("written", "one"),
    [
        ("Mary Jones", 1),
        ("M. Jones", None),
        ("Tom Evans", None),
        ("Tom Evans (15)", 15),
        ("Mary Jones (2)", None),
        ("Maria Rossi", 8),
        ("Jones", None),
        ("nobody", None),
        ("Joan", 22),
        ("Megan", None),
        ("Joan & Huw", None),
        ("Rhys & Nia Morgan", 25),
    ],
)
def test_two_who_fit_alike_are_never_chosen_between(written, one):
    chosen = the_one(NAMES.find(written))
    assert (chosen and chosen.member_id.int) == one


def test_what_was_supposed_makes_a_candidate_unsure():
    sure = {
        written: NAMES.find(written)[0].sure
        for written in ("Jones, Mary", "Bill Davies", "5", "Mary Jons", "Joan", "Joan (22)")
    }
    assert sure == {
        "Jones, Mary": True,
        "Bill Davies": False,
        "5": True,
        "Mary Jons": False,
        "Joan": False,
        "Joan (22)": True,
    }


def test_at_most_ten_are_told_and_the_order_they_came_in_does_not_matter():
    many = [Named(UUID(int=number), number, f"Mary{chr(96 + number)} Jones") for number in range(1, 20)]
    found = Names(many).find("Jones")
    assert [each.member_id.int for each in found] == list(range(1, 11))
    assert Names(many[::-1]).find("Jones") == found


@given(some.text(max_size=30))
def test_any_text_finds_members_or_nobody(written):
    for each in NAMES.find(written):
        assert 1 <= each.member_id.int <= 28 and each.reasons and each.rung >= 0


@given(
    some.sampled_from([each.name for each in members() if each.name != "Megan"]),
    some.randoms(use_true_random=False),
)
def test_every_name_is_found_in_any_order_and_any_case(name, rng):
    words = name.upper().split()
    rng.shuffle(words)
    best = NAMES.find(" ".join(words))
    assert best and best[0].sure
    assert name in {each.name for each in members() if each.id in {found.member_id for found in best}}


@pytest.mark.parametrize(
    "pair",
    [
        "gareth gaz",
        "gareth gary",
        "gruffydd guto",
        "llywelyn llew",
        "hywel howell",
        "dafydd dewi",
        "tomos twm",
        "gwilym wil",
        "gaetano tano",
        "antonietta tonina",
        "salvatore turiddu",
        "annunziata nunzia",
        "leonardo leo",
        "kenji ken",
        "yoshiko yoshi",
        "masahiro masa",
    ],
)
def test_people_are_found_by_what_they_are_called_at_home(pair):
    name, called = pair.split()
    [found] = Names([Named(UUID(int=1), 1, f"{name.title()} Smith")]).find(f"{called.title()} Smith")
    assert found.reasons == ("nickname",) and not found.sure


def slow_distance(one, other):
    """All ways to write one word as the other, without any cut."""
    if not one or not other:
        return len(one) + len(other)
    ways = [
        slow_distance(one[1:], other) + 1,
        slow_distance(one, other[1:]) + 1,
        slow_distance(one[1:], other[1:]) + (one[0] != other[0]),
    ]
    if len(one) > 1 and len(other) > 1 and one[0] == other[1] and one[1] == other[0]:
        ways.append(slow_distance(one[2:], other[2:]) + 1)
    return min(ways)


@given(some.text("abc", max_size=6), some.text("abc", max_size=6), some.integers(0, 4))
def test_the_distance_of_words_is_that_of_the_slow_way(one, other, bound):
    assert distance(one, other, bound) == min(slow_distance(one, other), bound + 1)
