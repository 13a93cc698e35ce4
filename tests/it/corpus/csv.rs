//! Tables.

use super::{Case, Reader, cells};

/// Eight samples of two values, cats and dogs; the values add up to 84.
pub const ROWS: &str =
    "1.5,2,cat\n2.5,3,dog\n3.5,4,cat\n4.5,5,dog\n5.5,6,cat\n6.5,7,dog\n7.5,8,cat\n8.5,9,dog\n";
pub const SUM: f64 = 84.0;

pub fn table(what: &str, text: impl AsRef<[u8]>) -> Case {
    Case::new(what, Reader::Data, "t.csv", text)
}

/// A table that must be read as [`ROWS`].
pub fn same(what: &str, text: impl AsRef<[u8]>) -> Case {
    table(what, text).read(8, 2, &["cat", "dog"]).sum(SUM)
}

/// `ROWS` under a header.
pub fn headed(header: &str) -> String {
    format!("{header}\n{ROWS}")
}

pub fn cases() -> Vec<Case> {
    [plain(), headers(), delimiters(), quotes(), cells::cases(), shapes(), hostile()]
        .into_iter()
        .flatten()
        .collect()
}

/// `ROWS` under a header, each behind its number.
fn ids(heading: &str) -> String {
    let rows = ROWS.lines().enumerate().map(|(i, row)| format!("{i},{row}\n"));
    format!("{heading}a,b,class\n{}", rows.collect::<String>())
}

/// Rows of a value and a class, each behind what `name` says of it.
fn named(name: &dyn Fn(usize) -> String) -> String {
    let row = |i: usize| format!("{},{i}.5,{}\n", name(i), ["a", "b"][i % 2]);
    format!("id,value,class\n{}", (0..24).map(row).collect::<String>())
}

fn plain() -> Vec<Case> {
    let utf16 = |text: &str, big: bool| -> Vec<u8> {
        let unit = |u: u16| if big { u.to_be_bytes() } else { u.to_le_bytes() };
        std::iter::once(0xfeff).chain(text.encode_utf16()).flat_map(unit).collect()
    };
    vec![
        same("no header", ROWS).told(&[
            "no header: line 1 is a sample; otherwise ?header=yes",
            "commas",
            "?class=first",
        ]),
        same("a header", headed("a,b,kind")).told(&[
            "line 1 names the columns",
            "?header=no",
            "column 3 (kind), the last, is the class",
        ]),
        same("a named class column", headed("a,b,species"))
            .told(&["column 3 (species) is the class, by its name"]),
        same("byte order mark", format!("\u{feff}{ROWS}")),
        same("CRLF", ROWS.replace('\n', "\r\n")),
        same("CR alone", ROWS.replace('\n', "\r")),
        same("empty lines", format!("\n\n{}\n\n", ROWS.replace('\n', "\n\n"))),
        same("no line end at the end", ROWS.trim_end()),
        table("seconds since 1970", "1600000001,a\n1600000090,b\n1600000140,a\n1600000200,b\n")
            .read(4, 1, &["a", "b"])
            .told(&["column 1 has more digits than are kept", "?drop=1"]),
        table("a column from 10 million on", "10000001,a\n10000002,b\n10000003,a\n10000009,b\n")
            .read(4, 1, &["a", "b"])
            .sum(40_000_015.0)
            .untold(&["digits"]),
        table("an id that counts the rows", ids("id,"))
            .read(8, 3, &["cat", "dog"])
            .told(&["column 1 (id) counts the rows and is read as a value; otherwise ?drop=1"]),
        table("names of rows beside values", named(&|i| format!("M{i:04}")))
            .read(24, 1, &["a", "b"])
            .told(&["column 1 (id) has another text in every row", "otherwise ?drop=none"]),
        table(
            "words that name rows",
            named(&|i| format!("machine {}", ["x", "y"][i % 2].repeat(i + 1))),
        )
        .read(24, 1, &["a", "b"])
        .told(&["it is left out"]),
        table("a unit behind numbers is no name", named(&|i| format!("{}.5 kg", i * 37)))
            .refused(&["kg beside the number", "?strip=kg", "?drop=1"]),
        table("names kept", named(&|i| format!("M{i:04}")))
            .options("drop=none")
            .refused(&["line 2"]),
        table("an index saved twice", ids("Unnamed: 0,"))
            .read(8, 2, &["cat", "dog"])
            .sum(SUM)
            .told(&["?drop=none"]),
        same("UTF-16, little end first", utf16(&headed("a,b,class"), false)).told(&["UTF-16"]),
        same("UTF-16, big end first", utf16(ROWS, true)).told(&["UTF-16"]),
        table("UTF-16 without its mark", &utf16(ROWS, false)[2..])
            .refused(&["not a text file", "byte order mark"]),
        table("Latin-1", b"a,b,class\n1,2,caf\xe9\n3,4,the\n").refused(&["line 2", "not UTF-8"]),
        table("a NUL in the middle", "1,2,a\n1,\0,b\n").refused(&["not a text file"]),
        table("empty", "").refused(&["no rows of data"]),
        table("line ends alone", "\n\r\n\n").refused(&["no rows of data"]),
        table("a header alone", "a,b,class\n").refused(&["no rows of data"]),
        table("one cell", "x").refused(&["1 column(s), none of them values"]),
        table("one row", "1,2,a\n").refused(&["1 class(es)"]),
        table("two rows of two classes", "1,2,a\n3,4,b\n")
            .refused(&["no samples to test on", "needs at least 2"]),
        table("one class", "1,2,a\n3,4,a\n").refused(&["1 class(es)", "at least 2"]),
        table(
            "twenty classes of one",
            (0..20).map(|i| format!("{i}.5,1,k{i}\n")).collect::<String>(),
        )
        .options("class=3")
        .refused(&["no samples to test on"]),
        same("no class of a single sample", ROWS).untold(&["one sample"]),
        table("a class of a single sample", headed("a,b,class") + "9.5,1,emu\n")
            .read(9, 2, &["cat", "dog", "emu"])
            .told(&["the class emu has one sample", "not tested"]),
        table("a stray column", "1,2,a\n3,4,b\n5,6,7,a\n")
            .refused(&["line 3", "4 columns where the first row has 3"]),
        table("a row too short", "1,2,a\n3,b\n5,6,a\n")
            .refused(&["line 2", "2 columns where the first row has 3"]),
    ]
}

fn headers() -> Vec<Case> {
    let numbered: String = (0..30).map(|i| format!("{i}.25,1.5,2.5,3.5,{}\n", i % 3)).collect();
    let indexed: String =
        (0..9).map(|i| format!("{i},{i}.5,2,{}\n", ["cat", "dog"][i % 2])).collect();
    let years: String = (0..12).map(|i| format!("{i}.5,2,3,{}\n", ["A", "B"][i % 2])).collect();
    vec![
        table("a header of numbers, as data frames write it", format!("0,1,2,3,4\n{numbered}"))
            .read(30, 4, &["0", "1", "2"])
            .told(&["line 1 names the columns: it counts them", "?header=no"]),
        table("the same, said to be a sample", format!("0,1,2,3,4\n{numbered}"))
            .options("header=no")
            .read(31, 4, &["0", "1", "2", "4"]),
        table("numbers from 1", format!("1,2,3,4,5\n{numbered}")).read(30, 4, &["0", "1", "2"]),
        table("three numbers that may be a sample", "0,1,2\n3.5,1,2\n4.5,2,3\n1.5,2,2\n7.5,8,3\n")
            .refused(&["line 1", "?header=yes or ?header=no"]),
        table("an index column and numbers", format!(",0,1,class\n{indexed}"))
            .read(9, 2, &["cat", "dog"])
            .told(&[
                "column 1 has no name and counts the rows: it is left out; otherwise ?drop=none",
            ]),
        table("the index column kept", format!(",0,1,class\n{indexed}"))
            .options("drop=none")
            .read(9, 3, &["cat", "dog"])
            .sum(36.0 + 40.5 + 18.0),
        table("an index column under names", format!(",a,b,class\n{indexed}"))
            .read(9, 2, &["cat", "dog"])
            .sum(40.5 + 18.0),
        table("names of numbers over letters", format!("2019,2020,2021,grade\n{years}"))
            .read(12, 3, &["A", "B"])
            .told(&["line 1 names the columns"]),
        table("names of numbers over an unknown heading", format!("2019,2020,2021,note\n{years}"))
            .refused(&["line 1", "no other row has the class note", "?header=yes or ?header=no"]),
        table("the same, said to be a header", format!("2019,2020,2021,note\n{years}"))
            .options("header=yes")
            .read(12, 3, &["A", "B"]),
        table("one name is a number", headed("2020,width,species"))
            .read(8, 2, &["cat", "dog"])
            .sum(SUM)
            .told(&["text where the rows below have numbers"]),
        table("one name is Inf", headed("Inf,width,species")).read(8, 2, &["cat", "dog"]).sum(SUM),
        table(
            "a wrong value in a first row of many",
            "1,2,x3,4,a\n1,2,3,4,b\n1,2,3,4,a\n5,6,7,8,b\n",
        )
        .refused(&[
            "line 1, column 3",
            "x3 is text where the rows below have numbers",
            "?header=yes or ?header=no",
        ]),
        table("a first row of ?", format!("?,?,?\n{ROWS}")).refused(&[
            "line 1",
            "every value is missing",
            "?header",
        ]),
        table("a first row of ? and a class", format!("?,?,cat\n{ROWS}"))
            .refused(&["line 1", "every value is missing"]),
        table("a title", format!("Measurements of 2019\n{ROWS}")).refused(&[
            "line 2",
            "if it is a title",
            "?skip=1",
        ]),
        same("a title skipped", format!("Measurements of 2019\n{ROWS}")).options("skip=1"),
        same("comments before the table", format!("# made by hand\n# twice, in 2019\n{ROWS}"))
            .told(&["lines 1 to 2 begin with #", "?comment=none"]),
        same("a header behind #", headed("#a,b,class")),
        table("a comment in the middle", format!("{ROWS}# the end\n"))
            .refused(&["line 9", "?comment=#"]),
        same("the same, said", format!("{ROWS}# the end\n")).options("comment=#"),
        same("sep=;", format!("sep=;\n{}", ROWS.replace(',', ";"))),
        same("sep=, in quotes", format!("\"SEP=,\"\r\n{ROWS}")),
        same(
            "a line break in a quoted name",
            format!("\"a\nb\";c;class\n{}", ROWS.replace(',', ";")),
        ),
        same("a semicolon in a name", headed("a; in mm,b,class")),
        same("two columns of one name", headed("a,a,class"))
            .told(&["more than one column has the name a (columns 1, 2); all are read"]),
        table(
            "columns left out in a list",
            "a,b,\"b,c\",class\n1,2,3,x\n2,1,3,y\n3,5,6,x\n4,7,8,y\n",
        )
        .options("drop=1,b")
        .read(4, 1, &["x", "y"]),
        table("a name with a comma", "a,b,\"b,c\",class\n1,2,3,x\n2,1,3,y\n3,5,6,x\n4,7,8,y\n")
            .options("drop=b,c")
            .read(4, 2, &["x", "y"]),
        table("one of two equal names asked for", headed("a,a,class"))
            .options("drop=a")
            .refused(&["columns 1, 2 are all named a", "give a number"]),
        table("class and label both", "class,a,label\nx,1,p\ny,2,q\nx,3,p\ny,4,q\n").refused(&[
            "column 1 (class)",
            "column 3 (label)",
            "?class=1",
        ]),
        table("the same, chosen", "class,a,label\nx,1,p\ny,2,q\nx,3,p\ny,4,q\n")
            .options("class=label&drop=class")
            .read(4, 1, &["p", "q"]),
        table("row names without a heading", "a,b,class\nr1,1,2,x\nr2,3,4,y\nr3,5,6,x\n")
            .refused(&["4 columns where the first row has 3", "names of their own"]),
    ]
}

fn delimiters() -> Vec<Case> {
    let with = |delimiter: &str| ROWS.replace(',', delimiter);
    vec![
        same("semicolons", with(";"))
            .told(&["semicolons are between the columns; otherwise ?delimiter=comma"]),
        same("tabs", with("\t")).told(&["tabs"]),
        same("vertical bars", with("|")).told(&["vertical bars"]),
        same("spaces", with(" ")).told(&["spaces"]),
        same("columns lined up with spaces", with("    ").replace('\n', "  \n   ")),
        same("commas and spaces", with(",  ")),
        same("a delimiter that is said", with(";"))
            .options("delimiter=semicolon")
            .untold(&["between the columns"]),
        table("a wrong delimiter", with(";"))
            .options("delimiter=tab")
            .refused(&["1 column(s)", "is the delimiter right?"]),
        table("no such delimiter", ROWS)
            .options("delimiter=x")
            .refused(&["comma, semicolon, tab, pipe or space"]),
        same("a delimiter at the end of every row", ROWS.replace('\n', ",\n"))
            .told(&["every row ends with a delimiter"]),
        same("the same under a header with one", headed("a,b,class").replace('\n', ",\n")),
        same(
            "the same under a header without",
            format!("a,b,class\n{}", ROWS.replace('\n', ",\n")),
        ),
        table("decimal commas among semicolons", "1,5;2;cat\n2,5;3;dog\n3,5;4;cat\n").refused(&[
            "line 1, column 1",
            "1,5 has a decimal comma",
            "?decimal=comma",
        ]),
        same("the same, said", with(";").replace('.', ",")).options("decimal=comma"),
        table("decimal commas under a header", "a;b;class\n1,5;2;x\n2,5;3;y\n")
            .refused(&["line 2, column 1", "?decimal=comma"]),
        table("decimal commas between commas", "1,5,2,a\n2,5,3,b\n3,5,3,a\n")
            .options("decimal=comma")
            .refused(&["need another delimiter"]),
        table("decimal commas in quotes", "\"1,5\",a\n\"2,5\",b\n\"3,5\",a\n")
            .options("decimal=comma")
            .read(3, 1, &["a", "b"])
            .sum(7.5),
    ]
}

fn quotes() -> Vec<Case> {
    let open: String =
        (0..60).map(|i| format!("{i},2,{}\n", if i == 10 { "\"tall" } else { "short" })).collect();
    vec![
        table("an open quote in the class", open.clone()).refused(&["line 11", "never closed"]),
        table("two of them", open.replace("20,2,short", "20,2,\"short"))
            .refused(&["line 11", "closes on line 21"]),
        table("an open quote in the header", format!("a,\"b,class\n{ROWS}"))
            .refused(&["line 1", "never closed"]),
        same(
            "everything in quotes",
            ROWS.replace(',', "\",\"")
                .replace('\n', "\"\n\"")
                .trim_end_matches('"')
                .replacen("1.5", "\"1.5", 1),
        ),
        same(
            "quotes behind spaces",
            ROWS.replace(",cat", ", \"cat\"").replace(",dog", ",\"dog\" "),
        ),
        table("a delimiter in a class", ROWS.replace("dog", "\"dog, big\""))
            .read(8, 2, &["cat", "dog, big"])
            .sum(SUM),
        table("inches", "1,2,5\"\n3,4,6\"\n5,6,5\"\n7,8,6\"\n").read(4, 2, &["5\"", "6\""]),
        table("a class over two lines", "1,2,\"big\ndog\"\n3,4,cat\n5,6,cat\n")
            .refused(&["line 1", "more than one line"]),
        table("text behind a quote", "1,2,\"a\"b\n3,4,c\n")
            .refused(&["line 1", "more text follows"]),
    ]
}

fn shapes() -> Vec<Case> {
    vec![
        table("a shape that fits", ROWS).options("shape=1x2").read(8, 2, &["cat", "dog"]),
        table("a shape that does not", ROWS)
            .options("shape=3x3")
            .refused(&["shape 1x3x3 has 9 values but a row has 2"]),
        table("an unknown option", ROWS)
            .options("shade=red")
            .refused(&["no option shade", "known are delimiter"]),
        table("an option of sequences", ROWS)
            .options("frame=2")
            .refused(&["option frame is not used for tables"]),
        table("too many lines skipped", ROWS)
            .options("skip=99")
            .refused(&["99 lines to skip but only 8"]),
        table("an option without a value", ROWS).options("header").refused(&["write key=value"]),
        table("no such file", ROWS).opening("none.csv").refused(&["cannot open", "No such file"]),
    ]
}

fn hostile() -> Vec<Case> {
    let escape = "\u{1b}[31m";
    let turn = "\u{202e}";
    vec![
        table("colours in a cell", format!("a,class\n{escape}red{turn},x\n"))
            .refused(&["\\u{1b}[31mred\\u{202e}"]),
        table("colours in a class", ROWS.replacen("dog", &format!("{escape}dog"), 1))
            .read(8, 2, &["\u{1b}[31mdog", "cat", "dog"])
            .told(&["\\u{1b}[31mdog has one sample"]),
        table("colours in a name", headed(&format!("a{turn},b,class")))
            .options("class=colour")
            .refused(&["a\\u{202e}"]),
        table("colours in an option", ROWS)
            .options(&format!("class={escape}"))
            .refused(&["\\u{1b}"]),
        table("a class of 100,000 letters", format!("{ROWS}9.5,1,{}\n", "x".repeat(100_000)))
            .refused(&["line 9, column 3", "more than 16384 characters"]),
        table("a class of 1,000 letters", format!("{ROWS}9.5,1,{}\n", "x".repeat(1000)))
            .read(9, 2, &["cat", "dog", &"x".repeat(1000)])
            .told(&["the class xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx… has one sample"]),
        table("a million columns", "1,".repeat(1_000_000) + "1\n")
            .refused(&["1000001 columns; at most 65536"]),
        table("1500 classes", (0..1500).map(|i| format!("1,k{i}\n")).collect::<String>())
            .refused(&["line 1001, column 2", "more than 1000 different values"]),
        table("quotes alone", "\"\"\"\"\"\"\"\n").refused(&["line 1", "quote"]),
        table("delimiters alone", ",,,\n,,,\n").refused(&["no rows of data"]),
        table("an HTML page", "<!DOCTYPE html><html><body>404</body></html>")
            .refused(&["an HTML page"]),
        table(
            "a pointer of Git LFS",
            "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12345\n",
        )
        .refused(&["a pointer of Git LFS", "git lfs pull"]),
        table("JSON", "[{\"a\": 1, \"b\": 2}]").refused(&["this is JSON"]),
        table("XML", "<?xml version=\"1.0\"?><a/>").refused(&["an XML document"]),
        table("ARFF", "% iris\n@RELATION iris\n@ATTRIBUTE x NUMERIC\n@DATA\n1,a\n")
            .refused(&["an ARFF file"]),
        table("LIBSVM", "+1 1:0.5 3:2\n-1 2:1\n").refused(&["LIBSVM"]),
        table("a spreadsheet", b"PK\x03\x04\x14\0\0\0").refused(&["spreadsheet", "as CSV"]),
        table("a NumPy array", b"\x93NUMPY\x01\0v\0").refused(&["NumPy"]),
        table("a picture", b"\x89PNG\r\n\x1a\n").refused(&["a PNG picture"]),
        table("xz", b"\xfd7zXZ\0\0\x04").refused(&["packed with xz"]),
    ]
}
