//! One table of what users bring and cannot be used: each is refused in one line that says what, where,
//! what is allowed, and what to do.

use crate::five::typed;
use std::path::Path;

/// What is typed (`~` for a blank inside a word, `ONNX` and `HERE` for folders), and what the line has
/// to say: what is wrong and where, what is allowed, what to do.
type Row = (&'static str, [&'static str; 3]);

const TABLE: [Row; 71] = [
    // Tables.
    ("inspect HERE/absent.csv", ["absent.csv", "No such file", "check the path"]),
    ("inspect HERE/gap.csv", ["gap.csv, line 3, column 2", "value is missing", "?missing=mean"]),
    ("inspect HERE/words.csv", ["words.csv, line 2, column 2", "not a number", "?onehot=2"]),
    ("inspect HERE/short.csv", ["short.csv, line 3", "first row has 3", "same number"]),
    ("inspect HERE/one.csv", ["dataset one", "1 class(es)", "?class=none"]),
    ("inspect HERE/inf.csv", ["inf.csv, line 3, column 2", "no", "?drop=2"]),
    ("inspect HERE/long.csv", ["long.csv, line 3, column 2", "more than 16384", "shorten it"]),
    ("inspect HERE/many.csv?onehot=1", ["many.csv", "too many for a file of", "?drop=1"]),
    ("inspect HERE/cut.csv.gz", ["cut.csv.gz", "cannot read", "copy it again"]),
    ("inspect HERE/good.csv?missing=meen", ["good.csv", "missing=meen", "drop, mean, median"]),
    ("inspect HERE/good.csv?drop=1,4", ["good.csv", "no column 4", "numbered 1 to 3"]),
    (
        "inspect HERE/good.csv?class=ward",
        ["good.csv", "no column ward", "the header has a, b, kind"],
    ),
    ("inspect HERE/good.csv?clas=kind", ["good.csv", "no option clas", "known are delimiter"]),
    (
        "inspect HERE/good.csv?shape=3x3",
        ["good.csv", "9 values but a row has 2", "must be the same"],
    ),
    ("inspect HERE/good.csv?seed=x", ["good.csv", "option seed=x", "whole number"]),
    ("inspect HERE/good.csv?size=8x8", ["good.csv", "not used for tables", "leave it out"]),
    (
        "inspect HERE/good.csv?missing=mean&missing=drop",
        ["good.csv", "option missing", "leave one of them out"],
    ),
    // Other data.
    ("inspect HERE/bad.npy", ["bad.npy", "neither samples nor labels", "name it x.npy"]),
    ("inspect HERE/bad.npz", ["bad.npz", "cannot be read", "copy it again"]),
    ("inspect HERE/few-images-idx3-ubyte", ["few-images", "ends inside", "copy it again"]),
    ("inspect HERE/few.bin", ["few.bin", "100 bytes", "3073 bytes each"]),
    ("inspect HERE/pictures", ["a/x.png", "cannot be read", "replace or remove it"]),
    ("inspect HERE/bad.ts", ["bad.ts, line 3", "channel 1, value 2 is x", "no number"]),
    ("inspect HERE/empty", ["empty", "no data in it", "a folder for each class"]),
    ("inspect ECG200 --data HERE/empty", ["ECG200", "no folder sequences/ECG200", "fetch ECG200"]),
    ("inspect mnist --data HERE/empty", ["mnist", "train-images-idx3-ubyte.gz", "fetch mnist"]),
    ("inspect cifar10 --data HERE/empty", ["cifar10", "nothing of it", "fetch cifar10"]),
    // What was damaged.
    ("inspect HERE/none.safetensors", ["none.safetensors", "0 bytes", "too few for a model"]),
    ("inspect HERE/huge.safetensors", ["huge.safetensors", "header of", "are allowed"]),
    ("inspect HERE/cut.pt", ["cut.pt", "damaged", "torch.onnx.export"]),
    ("inspect HERE/cut.json", ["cut.json", "JSON that cannot be read", "cut short"]),
    ("inspect HERE/newer.json", ["newer.json", "layout 99", "take the newer program"]),
    ("plan HERE/nothing.json", ["nothing.json", "nothing in it", "begins with {"]),
    ("plan HERE/list.json", ["list.json", "the whole must be a group of fields", "is a list"]),
    // Models.
    ("inspect HERE/net.pkl", ["net.pkl", "only Python can read", "skl2onnx"]),
    ("inspect HERE/net.h5", ["net.h5", "only Python can read", "format=\"onnx\""]),
    ("run digits --set model=HERE/good.csv", ["good.csv", "this is text", ".onnx file"]),
    ("run digits --set model=HERE/absent.onnx", ["absent.onnx", "No such file", "check the path"]),
    ("run digits --set model=absent", ["no model absent", "built in are", ".safetensors or .onnx"]),
    (
        "run digits --set model=ONNX/gated.onnx",
        ["gated.onnx", "node /Mul", "sums of such are read"],
    ),
    ("run digits --set model=ONNX/dilated.onnx", ["node /0/Conv", "dilated", "dilations of 1"]),
    (
        "run digits --set model=ONNX/layer_norm.onnx",
        ["node /1/Layer", "no layer here", "reads dense"],
    ),
    ("run digits --set model=ONNX/two_inputs.onnx", ["two_inputs", "has 2 inputs", "one are read"]),
    (
        "run digits --set model=ONNX/divided_by_zero.onnx",
        ["node /scale/Div (Div): divides by 0", "other than 0", "divide it by 1"],
    ),
    (
        "run digits --set model=ONNX/divided_by_zeros.onnx",
        ["node /scale/Div", "6 constants, 1 of them 0", "divide it by 1"],
    ),
    (
        "run digits --set model=ONNX/reshape.onnx",
        ["node /view/Reshape", "the shape -5 x 6", "a length is above 0"],
    ),
    (
        "run digits --set model=HERE/network",
        ["network.json", "layer 1 (layer1)", "write \"order\""],
    ),
    // Models and data together.
    (
        "run hospital --set dataset=HERE/good.csv",
        ["mean radius", "it has a, b", "rename the columns"],
    ),
    ("run digits --set dataset=HERE/good.csv", ["digits", "shape 2", "choose a model trained"]),
    ("run digits --set dataset=HERE/good.csv?class=none", ["good.csv", "column 3", "?onehot=3"]),
    // Settings.
    ("run digits --set scheme.ring_degree=1000", ["scheme.ring_degree", "1000", "are possible"]),
    ("run digits --set scheme.kind=rsa", ["scheme.kind", "rsa", "auto, bgv, bfv, ckks, tfhe"]),
    ("run digits --set images=0", ["images is 0", "has 359", "1 to 359"]),
    ("run digits --set scheme=ckks", ["setting scheme=ckks", "a group of fields", "is ckks"]),
    ("plan digits --set activation.degree=99", ["activation.degree", "99", "1 to 63"]),
    ("plan digits --set activation.interval=-1", ["activation.interval", "-1", "half-widths of"]),
    ("plan digits --set activation.bits=9", ["activation.bits", "9", "1 to 6"]),
    ("run digits --foo", ["unexpected argument '--foo' found; to pass", "--foo", "--help"]),
    ("run nothing", ["nothing", "cryptodl", "scenario"]),
    // Networks of one's own.
    (
        "train --dataset HERE/good.csv --layers dense~4,wobble --for bgv",
        ["layers, wobble", "not known", "rows are"],
    ),
    (
        "train --dataset HERE/good.csv --layers conv~4~3x3,dense~classes --for bgv",
        ["conv 4 3x3", "takes a picture", "?shape=HEIGHTxWIDTH"],
    ),
    (
        "train --dataset HERE/good.csv --layers pool~2,dense~classes --for bgv",
        ["pool 2", "takes a picture, but is given 2", "?shape=HEIGHTxWIDTH"],
    ),
    ("train --dataset HERE/good.csv --layers small --for rsa", ["rsa", "made for", "ckks"]),
    (
        "train --dataset HERE/good.csv --layers residual~4,relu,dense~classes --for tfhe",
        ["residual 4", "lookup tables", "make the network for bgv or ckks"],
    ),
    // Files that other commands make.
    ("keygen HERE/absent --out HERE/keys", ["offer", "absent", "publish SCENARIO"]),
    (
        "encrypt HERE/absent --keys HERE/keys --test-split --out HERE/request",
        ["offer", "absent", "offer.cso"],
    ),
    ("inspect HERE/absent.npz", ["absent.npz", "No such file", "check the path"]),
    // Outputs.
    ("run digits --report HERE/good.csv/x.json", ["good.csv/x.json", "cannot be written", "Not a"]),
    ("export digits --onnx HERE/empty", ["empty", "is a folder", "name a file in it"]),
    (
        "run digits --set dataset=HERE/good.csv --report HERE/good.csv",
        ["is the dataset", "in use here", "name another file"],
    ),
    ("fetch nothing", ["nothing", "possible values: mnist", "--help"]),
];

fn make(folder: &Path) {
    let write = |name: &str, content: &[u8]| {
        let path = folder.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(path, content).unwrap();
    };
    write("gap.csv", b"a,b,kind\n1,2,x\n3,,y\n5,6,x\n7,8,y\n");
    write("words.csv", b"a,b,kind\n1,low,x\n3,high,y\n5,low,x\n7,low,y\n");
    write("short.csv", b"a,b,kind\n1,2,x\n3,4\n");
    write("one.csv", b"a,b,kind\n1,2,x\n3,4,x\n5,1,x\n");
    write("inf.csv", b"a,b,kind\n1,2,x\n3,inf,y\n5,6,x\n7,8,y\n");
    let long = format!("a,b,kind\n1,2,x\n3,{},y\n", "7".repeat(20_000));
    write("long.csv", long.as_bytes());
    // Columns of nearly a thousand words each, in many rows.
    let word = |at: usize| -> String {
        (0..3).map(|place| char::from(b'a' + (at / 26_usize.pow(place) % 26) as u8)).collect()
    };
    let many: String =
        (0..20_000).map(|row| format!("{},{}\n", word(row % 999), ["x", "y"][row % 2])).collect();
    write("many.csv", format!("word,kind\n{many}").as_bytes());
    write("cut.csv.gz", b"\x1f\x8b\x08\0\0\0\0\0\0\x03K\xd4");
    write("none.safetensors", b"");
    write("huge.safetensors", &[0, 0, 0, 0, 0, 1, 0, 0, b'{', b'}']);
    write("cut.pt", b"PK\x03\x04xx");
    write("cut.json", b"{\"schema_version\": 2, \"plain\": {\"accuracy\": 0.");
    write("newer.json", b"{\"schema_version\": 99, \"plain\": {}, \"encrypted\": {}}");
    write("nothing.json", b"\n");
    write("list.json", b"[[[[");
    write("good.csv", b"a,b,kind\n1,2,x\n3,4,y\n5,1,x\n2,2,y\n1,1,x\n2,3,y\n");
    write("bad.npy", b"\x93NUMPY\x09\x00");
    write("bad.npz", b"PK\x03\x04xx");
    write("few-images-idx3-ubyte", &[0, 0, 8, 3, 0, 0, 0, 2]);
    write("few.bin", &[7; 100]);
    write("pictures/a/x.png", b"no");
    write("pictures/b/y.png", b"no");
    write("bad.ts", b"@classLabel true a b\n@data\n1,x:a\n");
    write("empty/none", b"");
    std::fs::remove_file(folder.join("empty/none")).unwrap();
    write("net.pkl", b"\x80\x02}q\x00.");
    write("net.h5", b"\x89HDF\r\n\x1a\n");
    let layers = r#"{"input": [2], "layers": [{"op": {"dense": {"weight": "w.csv"}}}]}"#;
    write("network/network.json", layers.as_bytes());
    write("network/w.csv", b"1,2\n3,4\n");
}

#[test]
fn what_cannot_be_used_is_refused_in_one_line_that_says_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    make(folder.path());
    let here = folder.path().to_string_lossy().into_owned();
    let onnx = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/onnx/refused");
    let mut wrong = Vec::new();
    for (row, parts) in TABLE {
        let word = |word: &str| {
            let word = word.replace("HERE", &here).replace("ONNX", &onnx.to_string_lossy());
            word.replace('~', " ")
        };
        let words: Vec<String> = row.split(' ').map(word).collect();
        let (status, out, err) = typed(&words);
        let errors: Vec<&str> = err.lines().filter(|l| l.starts_with("error: ")).collect();
        let said = |part: &&str| errors.first().is_some_and(|line| line.contains(*part));
        let one_line =
            errors.len() == 1 && err.trim_end().lines().last() == errors.first().copied();
        if status != 2 || !out.is_empty() || !one_line || !parts.iter().all(said) {
            wrong.push(format!("{row}: status {status}, {err:?}, wanted {parts:?}"));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
