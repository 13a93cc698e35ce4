//! Trainings on encrypted data: their settings, and files they go on from.

use super::case::{Case, Outcome};
use super::shared::TRAINING;

const SETTINGS: [(&str, &str); 22] = [
    ("training.epochs=0", "training.epochs is 0"),
    ("training.epochs=1001", "1 to 1000"),
    ("training.epochs=-1", "whole number"),
    ("training.batch=0", "training.batch is 0"),
    ("training.batch=100000", "training.batch"),
    ("training.learning_rate=0", "training.learning_rate is 0"),
    ("training.learning_rate=-1", "training.learning_rate is -1"),
    ("training.learning_rate=nan", "training.learning_rate must be a number"),
    ("training.learning_rate=1e9", "training.learning_rate"),
    ("training.input_decimals=9", "decimals"),
    ("training.weight_decimals=-2", "whole number"),
    ("training.delta_levels=0", "delta_levels"),
    ("training.samples=0", "training.samples is 0"),
    ("training.units=0", "training.units is 0"),
    ("training.units=100000", "training.units"),
    ("training.noise=-1", "training.noise is -1"),
    ("training.noise=1e9", "training.noise"),
    ("training.max_weight=0", "max_weight"),
    ("training.max_rows=0", "max_rows"),
    ("training.optimiser=magic", "sgd or adam are possible"),
    ("training.colour=red", "there is no field colour"),
    ("dataset=iris", "iris"),
];

/// Copies the checkpoint, changed.
fn damaged(name: &'static str, change: fn(Vec<u8>) -> Vec<u8>) -> Case {
    let command = format!("{TRAINING} --resume {{dir}}/c.ckpt");
    // Made when the case runs: the checkpoint is written by the program itself.
    Case::refused(&command, &["c.ckpt"]).named(name).with_shared("half.ckpt", "c.ckpt", change)
}

/// What a training that ran must show: every step identical to fixed point in the clear.
pub fn right(outcome: &Outcome) -> Option<String> {
    let report = outcome.json("r.json");
    let epochs = report["epochs"].as_array().map_or(0, Vec::len);
    let identical = |e: &serde_json::Value| {
        e["fixed_point_identical"] == true && e["encrypted_accuracy"] == e["fixed_point_accuracy"]
    };
    let all = report["epochs"].as_array().is_some_and(|e| e.iter().all(identical));
    (epochs == 0 || !all).then(|| format!("{epochs} epochs, not all identical"))
}

pub fn all() -> Vec<Case> {
    let mut all = Vec::new();
    for (set, text) in SETTINGS {
        let command = format!("train cryptonn-hospital --set {set}");
        all.push(Case::refused(&command, &[text]));
    }
    for (args, text) in [
        ("--epochs 0", "epochs is 0"),
        ("--learning-rate -1", "learning_rate is -1"),
        ("--learning-rate nan", "learning_rate is NaN"),
        ("--learning-rate x", "a number"),
        ("--resume {dir}/none.ckpt", "none.ckpt"),
        ("--resume {shared}/larger.csv", "no checkpoint"),
        ("--resume {shared}", "folder"),
        ("--checkpoint {dir}/no/c.ckpt", "no folder"),
        ("--resume {shared}/half.ckpt --set training.batch=21", "training.batch"),
        ("--resume {shared}/half.ckpt --seed 6", "seed is 5 in the checkpoint and 6 here"),
        ("--resume {shared}/half.ckpt --set training.samples=61", "training.samples"),
    ] {
        all.push(Case::refused(&format!("train cryptonn-hospital {args}"), &[text]));
    }
    all.push(Case::refused("train cryptonn --resume {shared}/half.ckpt", &["cryptonn-hospital"]));
    all.extend([
        damaged("empty", |_| Vec::new()),
        damaged("its mark alone", |b| b[..8.min(b.len())].to_vec()),
        damaged("cut in half", |b| b[..b.len() / 2].to_vec()),
        damaged("without its last byte", |b| b[..b.len() - 1].to_vec()),
        damaged("longer", |mut b| {
            b.push(0);
            b
        }),
        damaged("one bit of the middle", |mut b| {
            let at = b.len() / 2;
            b[at] ^= 1;
            b
        }),
        damaged("one bit of the end", |mut b| {
            let at = b.len() - 1;
            b[at] ^= 1;
            b
        }),
        damaged("one bit of the start", |mut b| {
            b[0] ^= 1;
            b
        }),
    ]);
    let trains =
        |more: &str| Case::right(&format!("{TRAINING} --report {{dir}}/r.json{more}"), right);
    all.push(trains(""));
    all.push(trains(" --set training.optimiser=sgd"));
    all.push(trains(" --set training.noise=0.3"));
    all.push(trains(" --set training.units=3"));
    all.push(trains(" --learning-rate 10"));
    all.push(trains(" --out {dir}/m.safetensors --checkpoint {dir}/c.ckpt"));
    all.push(trains(" --set training.max_rows=16"));
    all.push(
        Case::right(
            "train cryptonn-hospital --resume {shared}/half.ckpt --report {dir}/r.json",
            right,
        )
        .named("ended before"),
    );
    all
}
