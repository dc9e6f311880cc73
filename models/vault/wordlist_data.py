#!/usr/bin/env python3
"""wordlist_data.py FOLDER > wordlist_data.c - the word lists as C arrays.

FOLDER holds LANGUAGE.txt for the 12 languages of BIP-39 and slip39.txt, one word a line, in order.
English to Chinese: npm @scure/bip39 2.4.0 (MIT).  Russian, Turkish: trezor/python-mnemonic (MIT).
SLIP-39: Debian's electrum 4.3.4 (MIT), the list of SLIP-0039 itself."""

import sys
import unicodedata

LANGUAGES = ("english", "chinese_simplified", "chinese_traditional", "czech", "french", "italian",
             "japanese", "korean", "portuguese", "russian", "spanish", "turkish")


def array(folder, name, n_words):
    with open(f"{folder}/{name}.txt", encoding="utf-8") as f:
        words = [unicodedata.normalize("NFKD", word) for word in f.read().split()]
    assert len(set(words)) == n_words, name
    size = max(len(word.encode()) for word in words) + 1
    print(f"static const char {name}[{n_words}][{size}] = {{")
    for i in range(0, n_words, 8):
        print("    " + " ".join(f'"{word}",' for word in words[i : i + 8]))
    print("};\n")


def main(folder):
    print("/* Made by wordlist_data.py, which names the sources: the words of BIP-39 in 12 languages and of\n"
          " * SLIP-0039, in Unicode's form NFKD.  Licence of the lists: MIT. */\n"
          '#include "models/vault/wordlist.h"\n')
    for name in LANGUAGES:
        array(folder, name, 2048)
    array(folder, "slip39", 1024)
    print("const struct orr_wordlist orr_bip39_words[ORR_BIP39_LANGUAGES] = {")
    for name in LANGUAGES:
        print(f'    {{"{name}", 2048, sizeof {name}[0], {name}[0]}},')
    print("};\n")
    print('const struct orr_wordlist orr_slip39_words = {"slip39", 1024, sizeof slip39[0], slip39[0]};')


main(sys.argv[1])
