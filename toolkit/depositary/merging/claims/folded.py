"""Names in one form: without scripts, case, accents, punctuation, legal forms and honorifics."""

import re
import unicodedata
from functools import lru_cache

from anyascii import anyascii


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


# Forms of companies, as they are folded; they are left out at the end of a name, those below at its beginning.
_LEGAL = _words("""
    ab ag as asa bhd bv bvba co company corp corporation cv eg ev gbr gmbh holding holdings inc incorporated jsc kft kg
    kgaa kk lc limited llc lllp llp lp ltd ltda mbh nv ohg oy oyj pc pjsc plc pllc pte pty pvt sa sab sae sarl sas sasu
    sca scs sdn se sia sl snc sp spa spj srl srls ulc zoo zrt
""")
_LEGAL_FIRST = _words("ao jsc oao ojsc ooo pao pjsc pt zao")
_LEGAL_WORDS = (
    ("kabushiki", "kaisha"),
    ("you", "xian", "gong", "si"),
    ("joint", "stock", "company"),
    ("sp", "z", "o", "o"),
)
_HONORIFICS = _words("""
    dame dr excellency frau herr hon honorable honourable lady lord madame miss mme mr mrs ms prof professor senor
    senora sir the
""")
_EMPTY = _words("""
    a al and at da das de del della den der des di do dos du e el en et for in la las le les los of on the to und van
    von y
""")
_WORD = re.compile(r"[a-z0-9]+")
_INITIALS = re.compile(r"\b(?:[a-z]\.){2,}")
_INNER = re.compile(r"(?<=\w)['\u2019`](?=\w)")


@lru_cache(maxsize=65_536)
def folded(text: str) -> str:
    """Fold a text: Latin letters and digits in lower case, words apart by one blank."""
    plain = anyascii(unicodedata.normalize("NFC", text)).casefold().replace("&", " and ")
    plain = _INITIALS.sub(lambda found: found[0].replace(".", ""), plain)
    return " ".join(_WORD.findall(_INNER.sub("", plain)))


@lru_cache(maxsize=65_536)
def words_of(text: str) -> tuple[str, ...]:
    """Give the words of a name that distinguish it, in order; all of them if none do."""
    words = folded(text).split()
    kept = [word for word in _without_forms(words) if word not in _EMPTY]
    return tuple(kept or words)


def _without_forms(words: list[str]) -> list[str]:
    """Leave out legal forms and honorifics, but at least one word stays."""
    kept = list(words)
    while len(kept) > 1 and kept[0] in _HONORIFICS | _LEGAL_FIRST:
        kept = kept[1:]
    ending = True
    while ending and len(kept) > 1:
        ending = False
        for form in _LEGAL_WORDS:
            if len(kept) > len(form) and tuple(kept[-len(form) :]) == form:
                kept, ending = kept[: -len(form)], True
        if len(kept) > 1 and kept[-1] in _LEGAL:
            kept, ending = kept[:-1], True
    return kept


def sorted_words(text: str) -> str:
    """Give the words of a name in the order of the alphabet, as one text."""
    return " ".join(sorted(words_of(text)))


def joined_words(text: str) -> str:
    """Give the words of a name as one word."""
    return "".join(words_of(text))
