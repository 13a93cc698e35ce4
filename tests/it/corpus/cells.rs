//! What stands in the cells of tables: numbers, missing values, classes.

use super::Case;
use super::csv::{ROWS, SUM, headed, table};

pub fn cases() -> Vec<Case> {
    [numbers(), missing(), classes()].into_iter().flatten().collect()
}

fn numbers() -> Vec<Case> {
    let of = |cells: [&str; 4]| {
        cells
            .iter()
            .zip(["a", "b", "a", "b"])
            .map(|(c, k)| format!("{c}\t{k}\n"))
            .collect::<String>()
    };
    let plain = |what: &str, cells: [&str; 4]| table(what, of(cells));
    vec![
        plain("thousands", ["1,234,567", "2", "3", "4"]).refused(&[
            "line 1, column 1",
            "thousands",
            "?thousands=comma",
        ]),
        plain("thousands, said", ["1,234,567", "2", "3", "4"])
            .options("thousands=comma")
            .read(4, 1, &["a", "b"])
            .sum(1_234_576.0),
        plain("a comma before three digits", ["1,234", "2", "3", "4"])
            .refused(&["?decimal=comma", "?thousands=comma"]),
        table("thousands in quotes", "\"1,234\",a\n\"2,345\",b\n\"3,456\",a\n")
            .options("thousands=comma")
            .read(3, 1, &["a", "b"])
            .sum(7035.0),
        plain("points and a comma", ["1.234,5", "2", "3", "4"])
            .refused(&["?thousands=point&decimal=comma"]),
        plain("the same, said", ["1.234,5", "2", "3", "4"])
            .options("thousands=point&decimal=comma")
            .read(4, 1, &["a", "b"])
            .sum(1243.5),
        plain("groups of two digits", ["12,34", "2", "3", "4"])
            .options("thousands=comma")
            .refused(&["line 1", "12,34"]),
        plain("a space between thousands", ["1 234", "2", "3", "4"]).refused(&["?thousands=space"]),
        plain("a narrow space, said", ["1\u{202f}234", "2", "3", "4"])
            .options("thousands=space")
            .read(4, 1, &["a", "b"])
            .sum(1243.0),
        plain("points for both", ["1", "2", "3", "4"])
            .options("thousands=point")
            .refused(&["cannot be told apart"]),
        plain("per cent", ["12%", "2%", "3%", "4%"]).refused(&["?strip=%"]),
        plain("per cent, said", ["12%", "2 %", "3", "4%"])
            .options("strip=%")
            .read(4, 1, &["a", "b"])
            .sum(21.0),
        plain("dollars", ["$5", "$2", "-$3", "$4"])
            .options("strip=$")
            .read(4, 1, &["a", "b"])
            .sum(8.0),
        plain("a unit", ["5 kg", "2 kg", "3 kg", "4 kg"]).refused(&["?strip=kg"]),
        plain("a minus of typesetters", ["\u{2212}5", "2", "3", "4"])
            .read(4, 1, &["a", "b"])
            .sum(4.0),
        plain("exponents of Fortran", ["1.5D+02", "2d0", "3", "4"])
            .read(4, 1, &["a", "b"])
            .sum(159.0),
        plain("true and false", ["True", "FALSE", "true", "1"])
            .read(4, 1, &["a", "b"])
            .sum(3.0)
            .told(&["true and false are read as 1 and 0 in column 1", "?drop=1"]),
        plain("hexadecimal", ["0x1F", "2", "3", "4"]).refused(&["line 1", "0x1F"]),
        plain("infinite", ["inf", "2", "3", "4"])
            .refused(&["line 1, column 1", "not a finite number"]),
        plain("too large", ["1e39", "2", "3", "4"])
            .refused(&["line 1, column 1", "at most 3.4e38"]),
        plain("a date", ["2020-01-31", "2", "3", "4"]).refused(&["2020-01-31"]),
        table(
            "a column far beyond itself",
            (0..40)
                .map(|i| {
                    format!(
                        "{}.5,{},{}\n",
                        i,
                        if i == 7 { "3e38" } else { ["1.25", "2.5", "3.75", "5"][i % 4] },
                        ["a", "b"][i % 2]
                    )
                })
                .collect::<String>(),
        )
        .read(40, 2, &["a", "b"])
        .told(&["column 2 goes from", "3e38", "?drop=2"]),
        table(
            "columns of small numbers",
            (0..8)
                .map(|i| format!("{}e-7,{}\n", 1 + 2 * (i % 2), ["a", "b"][i % 2]))
                .collect::<String>(),
        )
        .read(8, 1, &["a", "b"])
        .sum(16e-7)
        .untold(&["far beyond"]),
    ]
}

fn missing() -> Vec<Case> {
    let holed = |cell: &str| ROWS.replace("4.5", cell);
    let continents: String = ["NA", "EU", "AS"]
        .iter()
        .cycle()
        .take(12)
        .enumerate()
        .map(|(i, c)| format!("{i}.5,1,{c}\n"))
        .collect();
    let mut cases: Vec<Case> = ["", "?", "NA", "nan", "None", "-", "#DIV/0!", "null"]
        .into_iter()
        .map(|cell| {
            table(&format!("missing, as {cell:?}"), holed(cell)).refused(&[
                "line 4, column 1",
                "the value is missing",
                "?missing=drop",
            ])
        })
        .collect();
    cases.extend([
        table("rows with missing values left out", holed("?"))
            .options("incomplete=skip")
            .read(7, 2, &["cat", "dog"])
            .sum(SUM - 9.5)
            .told(&["1 of 8 rows are left out"]),
        table("another word for missing", holed("unknown")).refused(&[
            "line 4",
            "unknown is not a number",
            "?missing=unknown",
        ]),
        table("another word, said", holed("unknown"))
            .options("missing=unknown&incomplete=skip")
            .read(7, 2, &["cat", "dog"]),
        table("NA is a class", format!("a,b,continent\n{continents}"))
            .options("class=continent")
            .refused(&["line 2, column 3", "the class is missing (NA)", "?missing=none"]),
        table("NA is a class, said", format!("a,b,continent\n{continents}"))
            .options("class=continent&missing=none")
            .read(12, 2, &["AS", "EU", "NA"]),
        table("None is a class", ROWS.replace("dog", "None"))
            .read(8, 2, &["None", "cat"])
            .told(&["the class None is read as a name; otherwise ?missing=None"]),
        table("a class is missing", ROWS.replacen("dog", "", 1))
            .refused(&["line 2, column 3", "the class is missing"]),
        table("all rows incomplete", "?,a\n?,b\n")
            .options("header=no&incomplete=skip")
            .refused(&["something is missing in each"]),
    ]);
    cases
}

fn classes() -> Vec<Case> {
    let named = |names: [&str; 4]| {
        (0..8).map(|i| format!("{i}.5,1,{}\n", names[i % 4])).collect::<String>()
    };
    let first: String =
        (0..60).map(|i| format!("{},{}.125,{}.75\n", ["M", "B"][i % 2], i, i * 7)).collect();
    vec![
        table("labels from 1", named(["1", "2", "10", "3"])).read(8, 2, &["1", "2", "3", "10"]),
        table("labels with gaps", named(["1", "2", "7", "2"])).read(8, 2, &["1", "2", "7"]),
        table("01 is a name", named(["01", "02", "03", "01"])).read(8, 2, &["01", "02", "03"]),
        table("1.0 is a name", named(["0.0", "1.0", "2.0", "0.0"])).read(
            8,
            2,
            &["0.0", "1.0", "2.0"],
        ),
        table("1e3 is a name", named(["1e3", "10", "2e3", "10"])).read(8, 2, &["10", "1e3", "2e3"]),
        table("1 and 1.0", named(["1", "1.0", "2", "2"])).refused(&[
            "line 2, column 3",
            "1 and 1.0 are the same number",
            "?labels=numbers",
            "?labels=text",
        ]),
        table("1 and 1.0 are one", named(["1", "1.0", "2", "02"])).options("labels=numbers").read(
            8,
            2,
            &["1", "2"],
        ),
        table("1 and 1.0 are two", named(["1", "1.0", "2", "2"])).options("labels=text").read(
            8,
            2,
            &["1", "1.0", "2"],
        ),
        table("capitals", named(["Cat", "cat", "dog", "dog"]))
            .read(8, 2, &["Cat", "cat", "dog"])
            .told(&["Cat and cat differ in capitals"]),
        table("the class first, no header", first.clone())
            .read(60, 2, &["B", "M"])
            .told(&["column 1, the first, is the class", "?class=last"]),
        table("the class first, under a header", format!("kind,x,y\n{first}"))
            .read(60, 2, &["B", "M"])
            .told(&["column 1 (kind), the first"]),
        table("the class first, said", first).options("class=first").read(60, 2, &["B", "M"]),
        table(
            "numbers to predict",
            (0..60).map(|i| format!("{i}.5,{}.25\n", i * i)).collect::<String>(),
        )
        .refused(&[
            "60 different numbers in 60 rows",
            "numbers to predict, not classes",
            "?class=",
        ]),
        table(
            "3000 numbers to predict",
            (0..3000).map(|i| format!("{i}.5,{}.25\n", i * i)).collect::<String>(),
        )
        .refused(&["more than 1000 different values", "?class="]),
        table("no such column", headed("a,b,class"))
            .options("class=colour")
            .refused(&["no column colour", "the header has a, b, class"]),
        table("a name without a header", ROWS)
            .options("class=colour&header=no")
            .refused(&["there is no header", "1 to 3"]),
        table(
            "text in the values",
            "x,text\n1,this is a long sentence of words\n2,and another one is here\n",
        )
        .options("class=1")
        .refused(&["line 2, column 2", "is text", "?drop=2"]),
    ]
}
