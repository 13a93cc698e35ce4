//! A network of one's own: from data to an encrypted answer, on the command line.

use crate::five::{typed, words};
use std::path::{Path, PathBuf};

/// Runs a command in which `~` is a blank inside a word: exit status, output, complaints.
fn ran(dir: &Path, line: &str) -> (i32, String, String) {
    let words: Vec<String> = words(dir, line).iter().map(|w| w.replace('~', " ")).collect();
    typed(&words)
}

/// The rest of a line that begins with `head`, wrapped lines put together.
fn told<'a>(out: &'a str, head: &str) -> Vec<&'a str> {
    let mut lines = out.lines().skip_while(|line| !line.starts_with(head));
    let first = lines.next().unwrap_or_else(|| panic!("no {head} in {out}"));
    let more = lines.take_while(|line| line.starts_with(' '));
    first[head.len()..].split_whitespace().chain(more.flat_map(str::split_whitespace)).collect()
}

#[test]
fn data_become_an_encrypted_answer_by_the_commands_that_are_shown() {
    let dir = tempfile::tempdir().unwrap();
    let cases = [
        ("bgv", "small"),
        ("ckks", "dense~8,tanh,dense~classes"),
        // With a skip of the inputs, with a dense layer of them, and in the middle.
        ("bgv", "residual~4,relu,dense~classes"),
        ("bgv", "residual~6,relu,dense~classes"),
        ("ckks", "dense~8,tanh,residual~8,tanh,dense~classes"),
    ];
    for (number, (scheme, rows)) in cases.into_iter().enumerate() {
        let line = format!(
            "train --dataset iris --layers {rows} --for {scheme} --out {{}}/{number}.safetensors"
        );
        let (status, trained, err) = ran(dir.path(), &line);
        assert_eq!(status, 0, "{err}");
        let accuracy: f64 = told(&trained, "test accuracy")[0].parse().unwrap();
        assert!(accuracy > 85.0, "{trained}");
        let run = trained.lines().find(|line| line.starts_with("cryptoscope run")).unwrap();
        let run: Vec<&str> = run.split_whitespace().collect();
        let (status, out, err) = ran(dir.path(), &run[1..].join(" "));
        assert_eq!(status, 0, "{err}");
        assert!(out.contains("30 of 30 encrypted answers are those of the reference"), "{out}");
    }
}

/// A `.ts` file of sequences that go up or down, of different lengths.
pub fn slopes(folder: &Path) -> PathBuf {
    let path = folder.join("slopes.ts");
    let mut text = "@problemName slopes\n@timeStamps false\n@univariate true\n".to_owned();
    text += "@classLabel true up down\n@data\n";
    for i in 0..100_i32 {
        let (by, class) = if i % 2 == 0 { (1, "up") } else { (-1, "down") };
        let value = |step: i32| format!("{:.1}", f64::from(by * step * (2 + i % 3) + i % 5) / 2.0);
        let values: Vec<String> = (0..3 + i % 2).map(value).collect();
        text += &format!("{}:{class}\n", values.join(","));
    }
    std::fs::write(&path, text).unwrap();
    path
}

/// A table of sentences, of which a word tells the class.
pub fn opinions(folder: &Path) -> PathBuf {
    let path = folder.join("opinions.csv");
    let mut text = "text,label\n".to_owned();
    for i in 0..100 {
        let (word, class) = match i % 4 {
            0 => ("good", "praise"),
            1 => ("bad", "blame"),
            2 => ("fine", "praise"),
            _ => ("poor", "blame"),
        };
        let rest = ["the film was", "a play so", "music is"][i % 3];
        text += &format!("{rest} {word},{class}\n");
    }
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn sequences_become_an_encrypted_answer_by_the_commands_that_are_shown() {
    let dir = tempfile::tempdir().unwrap();
    slopes(dir.path());
    opinions(dir.path());
    let few = "--epochs 40 --patience 12";
    let cases = [
        ("slopes.ts", "elman~4,dense~classes", "", few),
        ("slopes.ts", "gru~4,gru~3,dense~classes", "--for ckks", few),
        ("slopes.ts", "gru~4,dense~classes", "--for client_aided", "--epochs 80 --patience 30"),
        ("opinions.csv", "lstm~6,dense~classes", "--for client_aided", few),
        ("opinions.csv", "small", "--for client_aided", few),
        ("opinions.csv", "embed~4,elman~4,dense~classes", "--for ckks", few),
        #[cfg(feature = "tfhe")]
        ("slopes.ts", "elman~3,dense~classes", "--for tfhe", few),
    ];
    for (number, (data, rows, purpose, more)) in cases.into_iter().enumerate() {
        let line = format!(
            "train --dataset {{}}/{data} --layers {rows} {purpose} {more} --out {{}}/{number}.safetensors"
        );
        let (status, trained, err) = ran(dir.path(), &line);
        assert_eq!(status, 0, "{line}: {err}");
        let accuracy: f64 = told(&trained, "test accuracy")[0].parse().unwrap();
        assert!(accuracy > 85.0, "{line}: {trained}");
        let stages = trained.lines().filter(|l| l.starts_with("exact") || l.starts_with("poly"));
        let polynomials = purpose.is_empty() || purpose.ends_with("ckks");
        assert_eq!(stages.count(), if polynomials { 2 } else { 1 }, "{trained}");
        assert!(!told(&trained, "kept").is_empty(), "{trained}");
        let run = trained.lines().find(|line| line.starts_with("cryptoscope run")).unwrap();
        let run: Vec<&str> = run.split_whitespace().collect();
        let (status, out, err) = ran(dir.path(), &run[1..].join(" "));
        assert_eq!(status, 0, "{line}: {err}");
        assert!(out.contains("20 of 20 encrypted answers are those of the reference"), "{out}");
    }
}

#[test]
fn patience_ends_a_training_early_and_the_model_names_it() {
    let dir = tempfile::tempdir().unwrap();
    let line =
        "train --dataset iris --layers small --epochs 60 --patience 4 --out {}/p.safetensors";
    let (status, first, err) = ran(dir.path(), line);
    assert_eq!(status, 0, "{err}");
    let bytes = std::fs::read(dir.path().join("p.safetensors")).unwrap();
    let (_, second, _) = ran(dir.path(), line);
    assert_eq!(first, second);
    assert_eq!(bytes, std::fs::read(dir.path().join("p.safetensors")).unwrap(), "bit for bit");
    let kept = told(&first, "kept");
    let epochs: Vec<usize> =
        kept.iter().filter_map(|w| w.trim_end_matches(',').parse().ok()).collect();
    assert!(epochs.len() == 2 && epochs[0] < epochs[1] && epochs[1] < 100, "{first}");
    assert!(told(&first, "original")[0].parse::<f64>().is_ok_and(|a| a > 50.0), "{first}");
    let (_, described, _) = ran(dir.path(), "inspect {}/p.safetensors");
    let flat = described.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(flat.contains("--epochs 60 --patience 4 --seed"), "{described}");
}

#[test]
fn rows_and_options_that_do_not_fit_are_refused() {
    let dir = tempfile::tempdir().unwrap();
    for (line, reason) in [
        ("train", "or --dataset DATA --layers ROWS"),
        ("train --layers small", "--dataset"),
        ("train --dataset iris", "--layers"),
        ("train --dataset iris --layers dense~5", "the last row must be"),
        ("train --dataset iris --layers conv~3~3x3,dense~classes", "takes a picture"),
        ("train --dataset iris --layers residual~8,dense~classes", "a function must follow it"),
        ("train --dataset iris --layers residual~8,relu,dense~classes --for tfhe", "lookup tables"),
        ("train --dataset iris --layers small --for dghv", "bgv, ckks or tfhe"),
        ("train --dataset iris --layers small --range-penalty 2", "--range-penalty"),
        ("train --dataset iris --layers small --epochs 0", "1 to 1000"),
        ("train --dataset iris --layers small --patience 0", "patience is 0; 1 or more epochs"),
        ("train --dataset iris --layers small --patience 3 --validation 0", "held out"),
        ("train digits --patience 3", "--layers"),
        ("train --dataset waves --layers small --for bgv", "made for ckks, tfhe or client_aided"),
        ("train --dataset waves --layers small --for dghv", "ckks, tfhe or client_aided"),
        ("train --dataset iris --layers small --for client_aided", "made for bgv, ckks or tfhe"),
        (
            "train --dataset waves --layers conv~8~3x3,dense~classes",
            "layers, conv 8 3x3: is for tables",
        ),
        ("train --dataset iris --layers gru~8,dense~classes", "layers, gru 8: is for sequences"),
        ("train --dataset waves --layers dense~classes", "a row of cells must stand before it"),
        ("train --dataset waves --layers embed~8,gru~8,dense~classes", "embed 8: looks words up"),
        ("train --dataset waves --layers gru~8,elman~8,dense~classes", "one kind; write gru 8"),
        ("train --dataset waves --layers gru~8,dense~classes --for tfhe", "one row of elman cells"),
        (
            "train --dataset waves --layers lstm~8,dense~classes --for tfhe",
            "one row of elman cells",
        ),
        ("train --dataset waves --layers elman~8,elman~8,dense~classes --for tfhe", "1 to 1 are"),
        ("train --dataset waves --layers small --epochs 0", "1 to 1000"),
        ("train --dataset waves --layers small --patience 0", "patience is 0; 1 or more epochs"),
        ("train --dataset waves --layers small --patience 3 --validation 0", "held out"),
    ] {
        let (status, out, err) = ran(dir.path(), line);
        assert_eq!((status, out.as_str()), (2, ""), "{line}: {err}");
        assert!(err.contains(reason), "{line}: {err}");
    }
}
