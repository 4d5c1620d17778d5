"""Words for kinds of care, and the codes they make, in every script our co-ops write."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ledger.hours.activity_codes import MAX_CODE, code_of, is_code, listed_code


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("Shopping", "shopping"),
        ("  Help at  home!", "help-at-home"),
        ("Café run", "cafe-run"),
        ("Łódź", "łodz"),
        ("Straßenbahn", "strassenbahn"),
        ("買い物", "買い物"),
        ("ガーデニング", "ガーデニング"),
        ("ｶﾞｰﾃﾞﾆﾝｸﾞ", "ガーデニング"),
        ("カ\u3099ーテ\u3099ニング", "ガーデニング"),
        ("病院　付き添い（送迎）", "病院-付き添い-送迎"),
        ("Помощь дома", "помощь-дома"),
        ("ขับรถ", "ขับรถ"),
        ("बाज़ार", "बाज\u093cार"),
        ("x" * 39 + " yz", "x" * 39),
        ("買" * 60, "買" * 40),
        ("- - -", None),
        ("♥ 🚗", None),
        ("\u3099", None),
        ("", None),
    ],
)
def test_words_make_a_code_in_their_own_script(words, code):
    assert code_of(words) == code
    assert code is None or is_code(code)


@pytest.mark.parametrize(
    ("text", "good"),
    [
        ("shopping", True),
        ("a--b-", True),
        ("1-to-1", True),
        ("買い物", True),
        ("Shopping", False),
        ("café", False),
        ("カ\u3099", False),
        ("買い 物", False),
        ("買い物\n", False),
        ("-a", False),
        ("買" * 41, False),
        ("", False),
    ],
)
def test_a_code_has_one_spelling(text, good):
    assert is_code(text) is good


@given(st.text(max_size=60))
def test_whatever_words_make_is_a_code(words):
    code = code_of(words)
    assert code is None or (is_code(code) and 1 <= len(code) <= MAX_CODE)


def test_a_listed_activity_is_found_by_code_and_by_title_however_wide_it_is_written():
    titles = {"shopping": "買い物 ABC", "drive": "Driving to a doctor"}
    assert listed_code("Shopping", titles) == "shopping"
    assert listed_code("買い物　ＡＢＣ", titles) == "shopping"
    assert listed_code(" driving TO a doctor ", titles) == "drive"
    assert listed_code("drive to a doctor", titles) is None
