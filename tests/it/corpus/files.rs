//! Models, scenarios and checkpoints.

use super::{Case, Reader};

fn model(what: &str, bytes: impl AsRef<[u8]>) -> Case {
    Case::new(what, Reader::Model, "m.safetensors", bytes)
}

fn scenario(what: &str, text: impl AsRef<[u8]>) -> Case {
    Case::new(what, Reader::Scenario, "s.json", text)
}

fn checkpoint(what: &str, bytes: impl AsRef<[u8]>) -> Case {
    Case::new(what, Reader::Checkpoint, "c.checkpoint", bytes)
}

/// A `.safetensors` file with this header and so many bytes behind it.
fn safetensors(header: &str, bytes: usize) -> Vec<u8> {
    let length = (header.len() as u64).to_le_bytes();
    [&length[..], header.as_bytes(), &vec![0; bytes]].concat()
}

pub fn cases() -> Vec<Case> {
    models().into_iter().chain(scenarios()).chain(checkpoints()).collect()
}

fn models() -> Vec<Case> {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/models/hospital.safetensors");
    let whole = std::fs::read(path).expect("a model of the program");
    let foreign = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let other =
        r#"{"__metadata__":{"format":"pt"},"a":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}}"#;
    let outside = r#"{"a":{"dtype":"F32","shape":[9],"data_offsets":[0,36]}}"#;
    let negative = r#"{"a":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}}"#;
    vec![
        model("a model", &whole).opened(),
        model("cut off", &whole[..whole.len() - 1]).refused(&["m.safetensors"]),
        model("a byte too many", [&whole[..], &[0]].concat()).refused(&["m.safetensors"]),
        model("cut off in the header", &whole[..40]).refused(&["m.safetensors"]),
        model("empty", "").refused(&["0 bytes are too few"]),
        model("seven bytes", "1234567").refused(&["7 bytes are too few"]),
        model("a header of 2^63 bytes", [&[0, 0, 0, 0, 0, 0, 0, 0x80][..], b"{}"].concat())
            .refused(&["header of 9223372036854775808 bytes"]),
        model("tensors of another program", safetensors(foreign, 4))
            .refused(&["not saved by CryptoScope"]),
        model("metadata of another program", safetensors(other, 4))
            .refused(&["not saved by CryptoScope"]),
        model("tensors beyond the end", safetensors(outside, 4)).refused(&["m.safetensors"]),
        model("tensors that end before they begin", safetensors(negative, 4))
            .refused(&["m.safetensors"]),
        model("a header that is no JSON", safetensors("{\"a\":", 0)).refused(&["m.safetensors"]),
        model("a deep header", safetensors(&"[".repeat(100_000), 0)).refused(&["m.safetensors"]),
        model("colours in a header", safetensors("{\"\\u001b[31m\":1}", 0))
            .refused(&["m.safetensors"]),
        model("an HTML page", "<!DOCTYPE html><html><body>Not found</body></html>")
            .refused(&["an HTML page"]),
        model(
            "a pointer of Git LFS",
            "version https://git-lfs.github.com/spec/v1\noid sha256:4d7a\nsize 12\n",
        )
        .refused(&["git lfs pull"]),
        model("a ZIP archive", b"PK\x03\x04\x14\0\0\0\0\0\0\0").refused(&["a ZIP archive"]),
        model("no such file", "").opening("none.safetensors").refused(&["No such file"]),
    ]
}

fn scenarios() -> Vec<Case> {
    let whole = cryptoscope::scenario::Scenario::open("digits").expect("built in").to_json();
    vec![
        scenario("a scenario", &whole).opened(),
        scenario("empty", "").refused(&["s.json"]),
        scenario("cut off", &whole[..whole.len() / 2]).refused(&["s.json"]),
        scenario("no JSON", "name = digits").refused(&["s.json"]),
        scenario("a list", "[1, 2, 3]").refused(&["s.json"]),
        scenario("NaN", whole.replacen("\"seed\": 0", "\"seed\": NaN", 1)).refused(&["s.json"]),
        scenario(
            "a seed of 2^64",
            whole.replacen("\"seed\": 0", "\"seed\": 18446744073709551616", 1),
        )
        .refused(&["s.json"]),
        scenario("a negative seed", whole.replacen("\"seed\": 0", "\"seed\": -1", 1))
            .refused(&["s.json"]),
        scenario("an unknown field", whole.replacen('{', "{\"colour\": \"red\",", 1))
            .refused(&["colour"]),
        scenario("nested without end", "[".repeat(100_000)).refused(&["s.json"]),
        scenario("bytes that are no text", b"\xff\xff\xff\xff").refused(&["s.json"]),
        scenario("no such file", "").opening("none.json").refused(&["none.json"]),
    ]
}

fn checkpoints() -> Vec<Case> {
    let mark = b"CryptoScope encrypted training\n";
    let of = |rest: &[u8]| [&mark[..], rest].concat();
    vec![
        checkpoint("empty", "").refused(&["c.checkpoint"]),
        checkpoint("something else", "name,class\n1,a\n").refused(&["c.checkpoint"]),
        checkpoint("the mark alone", mark).refused(&["c.checkpoint"]),
        checkpoint("half of the mark", &mark[..9]).refused(&["c.checkpoint"]),
        checkpoint("version 2^64 - 1", of(&[0xff; 8])).refused(&["c.checkpoint"]),
        checkpoint("a checksum of zeros", of(&[&1u64.to_le_bytes()[..], &[0; 64]].concat()))
            .refused(&["c.checkpoint"]),
        checkpoint("no such file", "").opening("none").refused(&["none"]),
    ]
}
