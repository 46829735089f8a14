"""Small numbers for texts of an open vocabulary, such as namespaces, so that a column of them is quick to count."""

from collections.abc import Iterable


class Vocabulary:
    """A word has a number as long as somebody uses it; the number of a word that went is given again."""

    def __init__(self) -> None:
        self._number: dict[str, int] = {}
        self._words: list[str] = []
        self._uses: list[int] = []
        self._free: list[int] = []

    def __len__(self) -> int:
        """One more than the greatest number that was ever given."""
        return len(self._words)

    def take(self, word: str) -> int:
        number = self._number.get(word)
        if number is None:
            number = self._free.pop() if self._free else len(self._words)
            if number == len(self._words):
                self._words.append("")
                self._uses.append(0)
            self._number[word], self._words[number] = number, word
        self._uses[number] += 1
        return number

    def release(self, number: int) -> None:
        self._uses[number] -= 1
        if not self._uses[number]:
            del self._number[self._words[number]]
            self._words[number] = ""
            self._free.append(number)

    def word(self, number: int) -> str:
        return self._words[number]

    def numbers(self, words: Iterable[str]) -> list[int]:
        """Those of the words that are in use."""
        return [self._number[word] for word in words if word in self._number]
