//! The model files that come with the program: their cards, and that nothing else in them is touched.

use cryptoscope::data::{self, Sketch};
use cryptoscope::network::recurrent::{self, RecurrentModel, RecurrentParts};
use cryptoscope::network::train::{Recipe, RecurrentRecipe};
use cryptoscope::network::{self, Identity, ModelCard, Network, Provenance, Role, Twin};
use cryptoscope::training::architecture;
use std::path::{Path, PathBuf};

/// Set, the files are written again with the cards that are expected; tensors stay as they are.
const WRITE: &str = "CRYPTOSCOPE_WRITE_MODELS";

fn path(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(format!("models/{name}.safetensors"))
}

/// The dataset that a model was made for.
fn dataset_of(name: &str) -> String {
    let recurrent = || RecurrentRecipe::built_in(name).map(|r| r.dataset);
    let encrypted = || architecture(name).map(|r| r.dataset);
    let recipe = Recipe::built_in(name).map(|r| r.dataset);
    recipe.or_else(recurrent).or_else(encrypted).expect("every model has a recipe")
}

/// The model that another belongs to: its role, and whether the other was trained from it.
fn belongs_to(name: &str) -> Option<(Role, String, bool)> {
    match name {
        "digits" | "hospital" => Some((Role::Table, format!("{name}-table"), false)),
        "cryptodl" => Some((Role::Exact, "cryptodl-relu".into(), true)),
        _ if name.starts_with("cryptornn") && !name.ends_with("-tanh") => {
            Some((Role::Exact, format!("{name}-tanh"), true))
        }
        _ => None,
    }
}

/// The command that README of the models gives.
fn command_of(name: &str) -> String {
    let more = match name {
        "cryptonn-mnist" => " --set training.samples=6000 --epochs 1",
        _ => "",
    };
    format!("cryptoscope train {name}{more} --seed 1 --out models/{name}.safetensors")
}

/// Whether the data of a model come with the program.
fn is_embedded(name: &str) -> bool {
    let dataset = dataset_of(name);
    data::NAMED.iter().any(|n| n.embedded && n.name == dataset)
}

/// The card that a model must have; its data are looked for in `folder`.
fn expected(name: &str, folder: Option<&Path>) -> ModelCard {
    let dataset = dataset_of(name);
    let opened = data::open(&dataset, folder).expect("opens");
    let other = belongs_to(name).map(|(role, name, trained)| {
        let digest = match network::built_in_names().any(|n| n == name) {
            true => network::open(&name).expect("built in").digest(),
            false => recurrent::open(&name).expect("built in").digest(),
        };
        (Twin { role, name: name.clone(), digest }, trained.then_some(Identity { name, digest }))
    });
    let (twin, parent) = other.map_or((None, None), |(twin, parent)| (Some(twin), parent));
    ModelCard {
        classes: opened.classes().to_vec(),
        features: opened.features().to_vec(),
        vocabulary: opened.vocabulary().to_vec(),
        dataset: Some(Identity { name: opened.name().to_owned(), digest: opened.digest() }),
        sketch: Some(Sketch::of(&opened)),
        parent,
        twins: twin.into_iter().collect(),
        notes: Vec::new(),
    }
}

#[test]
fn models_of_built_in_data_say_what_they_were_made_of() {
    check(None);
}

#[test]
#[ignore = "needs the public sets: CRYPTOSCOPE_DATA"]
fn models_of_public_data_say_what_they_were_made_of() {
    check(Some(&crate::public_sets::folder()));
}

/// Holds the files of all models whose data come with the program, or of all others, whose data are in
/// `folder`, against what they must say.
fn check(folder: Option<&Path>) {
    let chosen = |name: &str| is_embedded(name) == folder.is_none();
    let write = std::env::var_os(WRITE).is_some();
    for name in network::built_in_names().filter(|n| chosen(n)) {
        let card = expected(name, folder);
        let file = Network::load(path(name)).expect("reads");
        let provenance = Provenance { command: command_of(name), ..file.provenance().clone() };
        let made = file.clone().with_card(card).expect("fits");
        let made = made.with_provenance(provenance).expect("fits");
        assert_eq!(made.digest(), file.digest());
        if write {
            made.save(path(name)).expect("writes");
        }
        assert_eq!(Network::load(path(name)).expect("reads"), made, "{name}");
    }
    for name in recurrent::built_in_names().filter(|n| chosen(n)) {
        let card = expected(name, folder);
        let file = RecurrentModel::load(path(name)).expect("reads");
        let provenance = Provenance { command: command_of(name), ..file.provenance().clone() };
        let parts = RecurrentParts { card, provenance, ..file.parts().clone() };
        let made = RecurrentModel::new(parts).expect("fits");
        assert_eq!(made.digest(), file.digest());
        if write {
            made.save(path(name)).expect("writes");
        }
        assert_eq!(RecurrentModel::load(path(name)).expect("reads"), made, "{name}");
    }
}
