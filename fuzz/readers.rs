//! Every reader of bytes that come from elsewhere, as functions that a fuzzer calls: none may panic, and
//! what is refused is refused in one line. The fuzz targets and the smoke test of the ordinary tests
//! (`tests/it/readers.rs`) both include this file.

use cryptoscope::network::Network;
use cryptoscope::network::recurrent::RecurrentModel;
use cryptoscope::progress::Watch;
use cryptoscope::report::RunReport;
use cryptoscope::ring::{Seed, ntt_primes};
use cryptoscope::scenario::Scenario;
use cryptoscope::scheme::{bgv, ckks};
use cryptoscope::training::{Checkpoint, EncryptedBatch, KeyGrant, KeyRequest};
use cryptoscope::{data, engine, file, import, recurrent, wire};
use std::fmt::Display;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

/// A reader: its name, and what is done with bytes.
pub type Reader = (&'static str, fn(&[u8]));

/// All of them.
pub const READERS: [Reader; 23] = [
    ("onnx", |bytes| one_line(import::load(put("net.onnx", bytes)))),
    ("safetensors", |bytes| {
        one_line(Network::from_bytes(bytes, "net"));
        one_line(RecurrentModel::from_bytes(bytes, "net"));
    }),
    ("manifest", |bytes| {
        put("network/w.csv", b"1,2\n3,4\n5,6\n");
        put("network/b.csv", b"1\n2\n3\n");
        one_line(import::load(put("network/network.json", bytes)));
    }),
    ("matrix", |bytes| one_line(data::Matrix::read(&put("matrix.csv", bytes)))),
    ("cifar_archive", |bytes| open(&put("cifar-few.tar.gz", bytes), "")),
    ("csv", |bytes| {
        let path = put("table.csv", bytes);
        open(&path, "");
        open(&path, "?missing=mean&onehot=all");
    }),
    ("text", |bytes| open(&put("sentences.txt", bytes), "?format=text")),
    ("ts", |bytes| open(&put("series.ts", bytes), "")),
    ("idx", |bytes| {
        put("few-labels-idx1-ubyte", &LABELS);
        open(&put("few-images-idx3-ubyte", bytes), "");
    }),
    ("gzip", |bytes| open(&put("table.csv.gz", bytes), "")),
    ("npy", |bytes| {
        put("arrays/y.npy", &NPY_LABELS);
        open(&put("arrays/x.npy", bytes), "");
    }),
    ("npz", |bytes| open(&put("few.npz", bytes), "")),
    ("cifar", |bytes| open(&put("few.bin", bytes), "")),
    ("pictures", |bytes| {
        put("pictures/a/good.bmp", &BMP);
        put("pictures/b/good.bmp", &BMP);
        put("pictures/b/other.png", bytes);
        open(&FOLDER.join("pictures"), "?size=2x2");
    }),
    ("scenario", |bytes| one_line(Scenario::open(&put("scenario.json", bytes).to_string_lossy()))),
    ("report", |bytes| {
        let text = String::from_utf8_lossy(bytes);
        one_line(serde_json::from_str::<RunReport>(&text).map_err(|e| file::reason_in(&text, &e)));
    }),
    ("checkpoint", |bytes| one_line(Checkpoint::open(&put("training.checkpoint", bytes)))),
    ("envelope", |bytes| {
        one_line(wire::Message::open(bytes));
        let mut stream = bytes;
        while let Ok(Some(message)) = wire::Message::next(&mut stream) {
            one_line(wire::Message::open(&message));
        }
        one_line(recurrent::Message::from_bytes(bytes));
    }),
    ("offer", |bytes| {
        one_line(engine::Offered::read(bytes.to_vec()));
        // What it says, in an envelope that holds.
        let envelope =
            wire::Envelope { kind: wire::Kind::Offer, offer: [0; 32], batch: 0, modulus: 0 };
        let mut draft = wire::Draft::new(&envelope);
        draft.body().extend_from_slice(bytes);
        one_line(engine::Offered::read(draft.seal()));
    }),
    ("bgv", |bytes| {
        one_line(bgv::FreshBatch::from_bytes(&BGV, bytes));
        one_line(bgv::Ciphertext::many_from_bytes(&BGV, bytes));
        one_line(bgv::EvaluationKeys::from_bytes(&BGV, bytes));
    }),
    ("ckks", |bytes| {
        one_line(ckks::FreshBatch::from_bytes(&CKKS, bytes));
        one_line(ckks::Ciphertext::many_from_bytes(&CKKS, bytes));
        one_line(ckks::EvaluationKeys::from_bytes(&CKKS, bytes));
    }),
    ("training_messages", |bytes| {
        one_line(EncryptedBatch::from_bytes(bytes));
        one_line(KeyRequest::from_bytes(bytes));
        one_line(KeyGrant::from_bytes(bytes));
    }),
    ("dataset_options", |bytes| {
        put("plain.csv", b"a,b,class\n1,2,x\n3,4,y\n5,6,x\n7,8,y\n");
        let options = String::from_utf8_lossy(bytes);
        one_line(data::open(&format!("{}?{options}", FOLDER.join("plain.csv").display()), None));
    }),
];

/// Does with `bytes` what the reader `name` does.
#[allow(dead_code, reason = "the smoke test goes through all of them")]
pub fn read(name: &str, bytes: &[u8]) {
    let reader = READERS.iter().find(|(known, _)| *known == name);
    reader.expect("a reader of this name").1(bytes);
}

/// Where files are put, by process: fuzzers run side by side.
static FOLDER: LazyLock<PathBuf> = LazyLock::new(|| {
    let folder = std::env::temp_dir().join(format!("cryptoscope-readers-{}", std::process::id()));
    std::fs::create_dir_all(&folder).expect("a folder for temporary files");
    folder
});

/// Toy rings, quick and of no security.
static BGV: LazyLock<bgv::BgvParameters> = LazyLock::new(|| {
    let primes = ntt_primes(40, 64, 2, &[]);
    bgv::BgvParameters::insecure(64, &primes, ntt_primes(16, 64, 1, &primes)[0]).expect("a toy")
});
static CKKS: LazyLock<ckks::CkksParameters> = LazyLock::new(|| {
    let moduli = ckks::CkksModuli::find(64, &[45, 40], &[45], 1).expect("primes");
    ckks::CkksParameters::insecure(64, &moduli).expect("a toy")
});

/// Four labels, as IDX and as NumPy have them.
const LABELS: [u8; 12] = [0, 0, 8, 1, 0, 0, 0, 4, 0, 1, 0, 1];
const NPY_LABELS: [u8; 84] = *b"\x93NUMPY\x01\x00\x46\x00{'descr': '|u1', 'fortran_order': False, 'shape': (4,), }            \n\x00\x01\x00\x01";
/// One white pixel.
const BMP: [u8; 58] = *b"BM\x3a\0\0\0\0\0\0\0\x36\0\0\0\x28\0\0\0\x01\0\0\0\x01\0\0\0\x01\0\x18\0\0\0\0\0\x04\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\xff\xff\xff\0";

fn put(name: &str, bytes: &[u8]) -> PathBuf {
    let path = FOLDER.join(name);
    if let Some(folder) = path.parent() {
        std::fs::create_dir_all(folder).expect("a folder for temporary files");
    }
    std::fs::write(&path, bytes).expect("a temporary file");
    path
}

fn open(path: &Path, options: &str) {
    one_line(data::open(&format!("{}{options}", path.display()), None));
}

fn one_line<T, E: Display>(result: Result<T, E>) {
    if let Err(told) = result {
        let told = told.to_string();
        assert!(!told.contains('\n') && !told.is_empty(), "not one line: {told:?}");
    }
}

/// Whole messages of the toy rings, to begin with.
#[allow(dead_code, reason = "fuzz targets take seeds from folders")]
pub fn ciphertexts() -> Vec<(&'static str, Vec<u8>)> {
    let seed = Seed::from_number(5);
    let watch = Watch::silent();
    let bgv_secret = bgv::SecretKey::generate(&BGV, &seed);
    let bgv_keys = bgv_secret.evaluation_keys(&BGV, &seed);
    let bgv = bgv_secret.encrypt(&BGV, &[vec![1, 2, 3], vec![4]], &seed, &watch, "").expect("fits");
    let bgv_computed: Vec<_> = (0..2).filter_map(|at| bgv.ciphertext(&*BGV, at)).collect();
    let ckks_secret = ckks::SecretKey::generate(&CKKS, &seed);
    let ckks_keys = ckks_secret.evaluation_keys(&CKKS, &[], &seed);
    let (scale, level) = (ckks::Scale::power_of_two(30), CKKS.levels());
    let values = [vec![1.0, -0.5], vec![0.25]];
    let ckks = ckks_secret.encrypt(&CKKS, &values, &scale, level, &seed, &watch, "").expect("fits");
    let ckks_computed: Vec<_> = (0..2).filter_map(|at| ckks.ciphertext(&*CKKS, at)).collect();
    let mut written = [Vec::new(), Vec::new()];
    bgv::Ciphertext::write_many(&BGV, &bgv_computed, &mut written[0]);
    ckks::Ciphertext::write_many(&CKKS, &ckks_computed, &mut written[1]);
    let [bgv_written, ckks_written] = written;
    vec![
        ("bgv", bgv.to_bytes(&BGV)),
        ("bgv", bgv_written),
        ("bgv", bgv_keys.to_bytes(&BGV)),
        ("ckks", ckks.to_bytes(&CKKS)),
        ("ckks", ckks_written),
        ("ckks", ckks_keys.to_bytes(&CKKS)),
    ]
}
