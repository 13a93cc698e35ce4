//! Time series.

use super::{Case, Reader};

const HEAD: &str = "@problemName X\n@timeStamps false\n@missing false\n@univariate true\n@equalLength true\n@classLabel true a b\n@data\n";
/// Four series of three steps; the values add up to 30.
const BODY: &str = "1,2,3:a\n4,5,6:b\n1,1,1:a\n2,2,2:b\n";

fn ts(what: &str, text: impl AsRef<[u8]>) -> Case {
    Case::new(what, Reader::Data, "x.ts", text)
}

fn with(head: &str, body: &str) -> String {
    format!("{head}{body}")
}

fn same(what: &str, text: impl AsRef<[u8]>) -> Case {
    ts(what, text).read(4, 3, &["a", "b"]).sum(30.0)
}

fn pair(what: &str, train: &str, test: &str) -> Case {
    Case::new(what, Reader::Data, "X_TRAIN.ts", train).with("X_TEST.ts", test)
}

pub fn cases() -> Vec<Case> {
    let spaced = HEAD.replace(" a b\n", " \"Standing still\" Walking\n");
    let listed = |classes: &str| HEAD.replace(" a b\n", &format!(" {classes}\n"));
    let several = |line: &str| HEAD.replace("@univariate true\n", line);
    vec![
        same("series", with(HEAD, BODY)).told(&["a fifth of each class"]),
        same(
            "CRLF, a mark and comments",
            format!("\u{feff}# made by hand\n{}", with(HEAD, BODY)).replace('\n', "\r\n"),
        ),
        same(
            "missing values announced where none are",
            with(&HEAD.replace("@missing false", "@missing true"), BODY),
        ),
        Case::new("series under another name", Reader::Data, "x.txt", with(HEAD, BODY))
            .read(4, 3, &["a", "b"])
            .sum(30.0),
        ts("unequal lengths, though said to be equal", with(HEAD, "1,2,3:a\n4,5:b\n1:a\n2,2:b\n"))
            .read(4, 3, &["a", "b"])
            .sum(20.0)
            .told(&["1 to 3 steps, padded at the front"]),
        ts("a missing value", with(HEAD, "1,?,3:a\n"))
            .refused(&["line 8", "channel 1, value 2 is missing"]),
        ts("NaN", with(HEAD, "1,NaN,3:a\n")).refused(&["line 8", "value 2 is missing"]),
        ts("a comma too many", with(HEAD, "1,2,:a\n"))
            .refused(&["line 8", "value 3 is empty; is a comma too many?"]),
        ts("an empty channel", with(&several(""), "1,2::a\n"))
            .refused(&["line 7", "channel 2 is empty"]),
        ts("fewer channels than @dimensions", with(&several("@dimensions 3\n"), "1,2:a\n"))
            .refused(&["line 8", "1 channels where @dimensions says 3"]),
        ts("two channels, said to be one", with(HEAD, "1,2:3,4:a\n"))
            .refused(&["line 8", "2 channels where @univariate says 1"]),
        ts("channels of two lengths", with(&several(""), "1,2:3:a\n"))
            .refused(&["channel 2 has 1 values where the first has 2"]),
        ts("a series with fewer channels", with(&several(""), "1:2:a\n1:a\n"))
            .refused(&["line 8", "1 channels where the first series has 2"]),
        ts("time stamps", with(&HEAD.replace("@timeStamps false", "@timeStamps true"), BODY))
            .refused(&["line 2", "time stamps"]),
        ts("no classes", with(&HEAD.replace("@classLabel true a b", "@classLabel false"), BODY))
            .refused(&["line 8: channel 2, value 1 is a, which is no number"]),
        ts("a class that is not listed", with(HEAD, "1:c\n"))
            .refused(&["line 8", "class c is not among those of @classLabel (a, b)"]),
        ts(
            "classes with spaces in quotes",
            with(&spaced, "1:Standing still\n2:Walking\n3:\"Standing still\"\n4:Walking\n"),
        )
        .read(4, 1, &["Standing still", "Walking"])
        .sum(10.0),
        ts("1.0 for 1", with(&listed("1 2"), "1:1.0\n2:2.0\n3:1\n4:2\n"))
            .read(4, 1, &["1", "2"])
            .told(&["the class 1.0 of a series is read as 1"]),
        ts("one class of two", with(HEAD, "1:a\n2:a\n3:a\n"))
            .refused(&["all series have the class a", "at least 2"]),
        ts("cut off", with(HEAD, "1,2,3\n")).refused(&["line 8", "no : before the class"]),
        ts("no data", HEAD).refused(&["no series after @data"]),
        ts("an HTML page", "<html><body>moved</body></html>").refused(&["an HTML page"]),
        ts("a pointer of Git LFS", "version https://git-lfs.github.com/spec/v1\noid sha256:00\n")
            .refused(&["Git LFS"]),
        ts("Latin-1", b"@problemName caf\xe9\n").refused(&["line 1", "not UTF-8"]),
        ts("steps read together", with(HEAD, "1,2,3,4:a\n4,5,6,7:b\n1,1,1,1:a\n2,2,2,2:b\n"))
            .options("frame=2")
            .read(4, 4, &["a", "b"])
            .sum(44.0),
        ts("a frame that does not divide", with(HEAD, BODY))
            .options("frame=2")
            .refused(&["frame must divide the 3 steps"]),
        ts("an option of tables", with(HEAD, BODY))
            .options("class=2")
            .refused(&["option class is not used for time series (used: seed, frame, class=none)"]),
        pair("two parts", &with(HEAD, BODY), &with(HEAD, "1,1,1:a\n2,2,2:b\n"))
            .read(6, 3, &["a", "b"])
            .sum(39.0)
            .untold(&["a fifth"]),
        pair("two parts, by the other", &with(HEAD, BODY), &with(HEAD, BODY))
            .opening("X_TEST.ts")
            .read(8, 3, &["a", "b"]),
        Case::new("one half of two", Reader::Data, "X_TRAIN.ts", with(HEAD, BODY))
            .read(4, 3, &["a", "b"])
            .told(&["X_TEST.ts is not beside it", "a fifth of each class"]),
        pair(
            "classes in another order",
            &with(HEAD, BODY),
            &with(&listed("b a"), "1,1,1:a\n2,2,2:b\n"),
        )
        .read(6, 3, &["a", "b"])
        .told(&["same classes in another order"]),
        pair("one class more in a part", &with(&listed("a b c"), BODY), &with(HEAD, BODY))
            .read(8, 3, &["a", "b", "c"])
            .told(&["3 and 2 classes, 3 in all"]),
        pair(
            "parts of other channels",
            &with(HEAD, BODY),
            &with(&several("@univariate false\n"), "1:2:a\n2:3:b\n"),
        )
        .refused(&["series of 1 channels to train on and of 2 to test on"]),
    ]
}
