//! A training command as it can be typed again.

use super::args::TrainArgs;
use std::path::Path;

/// The command of these arguments with the seed that was used, its parts always in the same order.
pub(super) fn command(args: &TrainArgs, seed: u64) -> String {
    let mut words = vec!["cryptoscope".to_owned(), "train".into()];
    words.extend(Some(args.scenario.scenario.clone()).filter(|s| !s.is_empty()));
    let mut option = |name: &str, value: Option<String>| {
        if let Some(value) = value {
            words.extend([name.to_owned(), value]);
        }
    };
    let path = |path: &Option<std::path::PathBuf>| {
        path.as_deref().map(|p: &Path| p.to_string_lossy().into_owned())
    };
    option("--dataset", args.dataset.clone());
    option("--layers", args.layers.clone());
    option("--for", args.purpose.clone());
    for setting in &args.scenario.settings {
        option("--set", Some(setting.clone()));
    }
    option("--epochs", args.epochs.map(|n| n.to_string()));
    option("--learning-rate", args.learning_rate.map(|n| n.to_string()));
    option("--range-penalty", args.range_penalty.map(|n| n.to_string()));
    option("--patience", args.patience.map(|n| n.to_string()));
    option("--validation", args.validation.map(|n| n.to_string()));
    option("--seed", Some(seed.to_string()));
    option("--resume", path(&args.resume));
    option("--out", path(&args.out));
    if args.from_scratch {
        words.push("--from-scratch".into());
    }
    words.iter().map(|w| format::shell_word(w)).collect::<Vec<_>>().join(" ")
}

/// The command that goes on from the checkpoint at `place`, which holds all settings but the data.
pub(super) fn again(args: &TrainArgs, place: &Path) -> String {
    let place = format::shell_word(&place.to_string_lossy());
    let data: String = args
        .scenario
        .settings
        .iter()
        .filter(|setting| setting.starts_with("dataset="))
        .map(|setting| format!(" --set {}", format::shell_word(setting)))
        .collect();
    let scenario = format::shell_word(&args.scenario.scenario);
    format!("cryptoscope train {scenario}{data} --resume {place} --checkpoint {place}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::args::{Cli, Command};
    use clap::Parser;

    fn typed(words: &[&str]) -> String {
        let all = ["cryptoscope", "train"].iter().chain(words);
        match Cli::try_parse_from(all).map(|c| c.command) {
            Ok(Some(Command::Train(args))) => command(&args, 7),
            other => format!("{other:?}"),
        }
    }

    #[test]
    fn a_training_that_goes_on_names_its_data_and_its_checkpoint() {
        let words = ["cryptonn", "--set", "dataset=my own.csv", "--set", "training.epochs=2"];
        let all = ["cryptoscope", "train"].iter().chain(&words);
        let Ok(Some(Command::Train(args))) = Cli::try_parse_from(all).map(|c| c.command) else {
            panic!("is a training")
        };
        assert_eq!(
            again(&args, Path::new("a b")),
            "cryptoscope train cryptonn --set 'dataset=my own.csv' --resume 'a b' --checkpoint 'a b'"
        );
    }

    #[test]
    fn a_command_is_what_was_typed() {
        let words =
            ["hospital", "--out", "own model.safetensors", "--set", "dataset=o'wn.csv?class=2"];
        let expected = r"cryptoscope train hospital --set 'dataset=o'\''wn.csv?class=2' --seed 7 --out 'own model.safetensors'";
        assert_eq!(typed(&words), expected);
        let words = ["x.json", "--epochs", "3", "--from-scratch", "--range-penalty", "0.5"];
        let expected =
            "cryptoscope train x.json --epochs 3 --range-penalty 0.5 --seed 7 --from-scratch";
        assert_eq!(typed(&words), expected);
    }
}
