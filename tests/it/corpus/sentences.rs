//! Sentences with a class.

use super::{Case, Reader};

fn text(what: &str, bytes: impl AsRef<[u8]>) -> Case {
    Case::new(what, Reader::Data, "s.txt", bytes)
}

/// Six sentences of three words, two classes.
const LINES: &str = "very good film\t1\nvery bad film\t0\na good one\t1\na bad one\t0\nso good indeed\t1\nso bad indeed\t0\n";

/// `LINES` read: six sentences of three steps.
fn same(what: &str, bytes: impl AsRef<[u8]>) -> Case {
    text(what, bytes).read(6, 3, &["0", "1"])
}

pub fn cases() -> Vec<Case> {
    let flipped: String = LINES
        .lines()
        .filter_map(|l| l.split_once('\t'))
        .map(|(s, c)| format!("{}\t{s}\n", if c == "1" { "ham" } else { "spam" }))
        .collect();
    let utf16: Vec<u8> =
        std::iter::once(0xfeff).chain(LINES.encode_utf16()).flat_map(u16::to_le_bytes).collect();
    let long = format!("{}\t1\n", "word ".repeat(50));
    vec![
        same("sentences", LINES)
            .told(&["a sentence, a tab and its class; otherwise ?class=first, or ?format=csv"]),
        same("CRLF and a mark", format!("\u{feff}{}", LINES.replace('\n', "\r\n"))),
        same("UTF-16", utf16).told(&["UTF-16"]),
        same("a header", format!("review text\tlabel\n{LINES}"))
            .told(&["line 1 is a header: its class is label; otherwise ?header=no"]),
        text("a header that may be a sentence", format!("review text\tstars\n{LINES}")).refused(&[
            "line 1",
            "no other line has the class stars",
            "?header=yes or ?header=no",
        ]),
        same("the same, said to be one", format!("review text\tstars\n{LINES}"))
            .options("header=yes"),
        text("the same, said to be a sentence", format!("review text\tstars\n{LINES}"))
            .options("header=no")
            .read(7, 3, &["0", "1", "stars"]),
        text("the class first", &flipped)
            .read(6, 3, &["ham", "spam"])
            .told(&["a class, a tab and its sentence", "?class=last"]),
        same("a first line of one word", LINES.replacen("very good film", "good", 1))
            .told(&["1 to 3 steps, padded at the front"]),
        text("Chinese", "这部电影很好看\t1\n不好看的电影\t0\n很好看的电影\t1\n这部不好看\t0\n")
            .read(4, 7, &["0", "1"]),
        text("Hindi", "यह फ़िल्म अच्छी है\t1\nयह फ़िल्म बुरी है\t0\nयह अच्छी है\t1\nयह बुरी है\t0\n").read(
            4,
            4,
            &["0", "1"],
        ),
        text("a line without a tab", format!("{LINES}no tab here\n"))
            .options("format=text")
            .refused(&["line 7", "no tab before the class"]),
        text("no word", format!("...\t1\n{LINES}")).refused(&["line 1", "no word in the sentence"]),
        text("no class", format!("{LINES}good\t\n")).refused(&["line 7", "1 to 40 bytes"]),
        text("a class of 50 letters", format!("{LINES}good film\t{}\n", "x".repeat(50)))
            .refused(&["line 7", "1 to 40 bytes"]),
        text("Latin-1", b"caf\xe9 au lait\t1\nquite good\t0\nfar off\t1\nso so\t0\n")
            .refused(&["line 1", "not UTF-8"]),
        text("more than 32 words", format!("{LINES}{long}"))
            .read(7, 32, &["0", "1"])
            .told(&["1 of 7 sentences are longer than 32 words", "3 to 32 steps"]),
        text("an option of tables", LINES)
            .options("drop=1")
            .refused(&["option drop is not used for sentences", "class, header, skip, seed"]),
        text("another column as class", LINES).options("class=3").refused(&["first or last"]),
        text("colours in a class", format!("{LINES}good film\t\u{1b}[31m\n"))
            .refused(&["line 7", "\\u{1b}[31m"]),
        text(
            "sentences in a table",
            "text,label\n\"a very good film, really\",1\n\"a bad one\",0\n",
        )
        .refused(&["line 2, column 1", "is text; sentences are read from lines"]),
    ]
}
