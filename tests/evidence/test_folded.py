"""Laws of finding a quote: what is found has the words of the quote, and what is there is found."""

from hypothesis import given
from hypothesis import strategies as st

from depositary.evidence.folded import Folded, fold
from depositary.evidence.nearest import nearest
from depositary.evidence.source_text import read_source_text

# Accents that join what is before them, Hangul in parts, characters that NFC replaces, and white space of all kinds.
PIECES = "ae\u0301\u0302\u00e9\u212b\u1100\u1161\u11a8\uac00\u09c7\u09be\u200d\u0338>\ufeff \n\t\r\u00a0\u3000大😀"
texts = st.text(PIECES, max_size=40)
CUTS = st.integers(0, 40)


@given(texts, CUTS, CUTS)
def test_what_is_found_has_the_words_of_the_quote(text, one, other):
    quote = text[min(one, other) : max(one, other)]
    for start, end in Folded(text).find(quote):
        assert fold(text[start:end]) == fold(quote)
        assert text[start:end] == text[start:end].strip()


@given(st.lists(st.text("ae\u0301\u00e9大", min_size=1, max_size=4), min_size=1, max_size=8), st.data())
def test_words_are_found_where_they_are(words, data):
    words = [f"x{word}" for word in words]  # no accent begins a word
    gaps = [data.draw(st.sampled_from([" ", "\n", "\r\n", "  ", "\u00a0"])) for _ in words]
    text = "".join(word + gap for word, gap in zip(words, gaps, strict=True))
    first = data.draw(st.integers(0, len(words) - 1))
    last = data.draw(st.integers(first, len(words) - 1))
    start = sum(len(word) + len(gap) for word, gap in list(zip(words, gaps, strict=True))[:first])
    end = sum(len(word) + len(gap) for word, gap in list(zip(words, gaps, strict=True))[: last + 1]) - len(gaps[last])
    assert (start, end) in list(Folded(text).find(" ".join(words[first : last + 1])))


@given(texts)
def test_the_folded_text_is_the_text_folded(text):
    assert Folded(text).text == fold(text)


def test_a_part_of_a_character_is_not_found():
    assert list(Folded("Cafe\u0301 Cafe").find("Cafe")) == [(6, 10)]


def test_occurrences_that_overlap_are_all_found():
    assert list(Folded("la la la").find("la la")) == [(0, 5), (3, 8)]


def test_the_closest_passage_has_whole_words(tmp_path):
    file = tmp_path / "t.txt"
    file.write_text("It said.  Licences would be\ngranted within 30 days, it said.", encoding="utf-8")
    text = read_source_text(file)
    assert (
        text.passage(nearest(text, "licence will be granted in 30 day")) == "Licences would be\ngranted within 30 days,"
    )
    assert nearest(text, "Quick brown foxes") is None
