//! The layering of the house: a room uses only rooms below it, no room outgrows its floor, and files
//! inside a room form no circles but those that `docs/architecture.md` lists.
//!
//! That rooms form no circle is held by the compiler: they are crates.

use crate::imports::{Room, circles};
use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Rooms from the ground up. Rooms on one line do not know each other.
const FLOORS: &[&[&str]] = &[
    &["format", "progress"],
    &["file", "wire"],
    &["data", "lesson"],
    &["activation", "onnx"],
    &["network", "ring"],
    &["scheme", "functional", "export"],
    &["circuit", "import"],
    &["engine"],
    &["scenario", "attack"],
    &["report"],
    &["inference", "recurrent", "training"],
    &["experiment"],
    &["study", "bench", "service"],
    &["worker"],
    &["kit", "view"],
    &["strip", "plots", "look"],
    &["page", "cards"],
    &["app", "cli"],
];

/// Most lines of a room, and of those that protocols and studies live in.
const MOST_LINES: usize = 14_000;
const MOST_LINES_OF_A_SUBJECT: usize = 5_000;
const SUBJECTS: [&str; 8] =
    ["scenario", "report", "inference", "recurrent", "training", "attack", "study", "bench"];

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

fn rooms() -> impl Iterator<Item = (usize, &'static str)> {
    FLOORS.iter().enumerate().flat_map(|(floor, rooms)| rooms.iter().map(move |r| (floor, *r)))
}

/// Rooms that a manifest names among its dependencies, those of its tests included.
fn dependencies(manifest: &str) -> BTreeSet<String> {
    let lines = manifest.lines().skip_while(|l| !l.contains("dependencies]"));
    let names = lines.filter_map(|l| l.split(['.', ' ', '=']).next());
    let known: BTreeSet<&str> = rooms().map(|(_, r)| r).collect();
    names.filter(|n| known.contains(n)).map(str::to_owned).collect()
}

#[test]
fn a_room_uses_only_rooms_below_it() {
    let (mut seen, mut wrong) = (0, Vec::new());
    let floor_of = |name: &str| rooms().find(|(_, r)| *r == name).map(|(floor, _)| floor);
    for (floor, room) in rooms() {
        let manifest = std::fs::read_to_string(source().join(room).join("Cargo.toml"))
            .unwrap_or_else(|e| panic!("{room} has no manifest: {e}"));
        for used in dependencies(&manifest) {
            seen += 1;
            if floor_of(&used).is_none_or(|below| below >= floor) {
                wrong.push(format!("{room} uses {used}"));
            }
        }
    }
    assert!(seen > 100, "the test finds the uses: {seen}");
    assert!(wrong.is_empty(), "rooms reach up:\n{}", wrong.join("\n"));
}

#[test]
fn every_folder_is_a_room_with_a_floor_and_schemes_know_no_network() {
    let known: BTreeSet<&str> = rooms().map(|(_, r)| r).collect();
    for entry in std::fs::read_dir(source()).expect("src is readable") {
        let entry = entry.expect("src is readable");
        let name = entry.file_name().to_string_lossy().into_owned();
        assert!(
            known.contains(name.as_str()) || ["lib.rs", "main.rs"].contains(&name.as_str()),
            "{name} has no floor; add it to FLOORS"
        );
    }
    for room in ["ring", "scheme", "functional"] {
        let manifest = std::fs::read_to_string(source().join(room).join("Cargo.toml")).unwrap();
        let used = dependencies(&manifest);
        for above in ["network", "activation", "data"] {
            assert!(!used.contains(above), "{room} uses {above}");
        }
    }
}

#[test]
fn no_room_outgrows_its_floor() {
    for (_, name) in rooms() {
        let lines = Room::read(&source().join(name)).lines();
        let most = if SUBJECTS.contains(&name) { MOST_LINES_OF_A_SUBJECT } else { MOST_LINES };
        assert!(lines <= most, "{name} has {lines} lines, {most} at most: it has two subjects");
    }
}

#[test]
fn files_form_no_circles_but_those_that_are_listed_with_a_reason() {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("docs/architecture.md");
    let page = std::fs::read_to_string(page).expect("the page is there");
    let listed: BTreeSet<String> = page
        .lines()
        .skip_while(|l| *l != "## Circles of files")
        .skip(1)
        .take_while(|l| !l.starts_with("## "))
        .filter_map(|l| Some(l.strip_prefix("- `")?.split('`').next()?.to_owned()))
        .collect();
    let mut found = BTreeSet::new();
    for (_, name) in rooms() {
        for files in circles(&Room::read(&source().join(name)).uses()) {
            found.insert(format!("{name}: {}", files.join(", ")));
        }
    }
    assert_eq!(found, listed, "circles of files that are there, and those in docs/architecture.md");
    assert!(listed.len() <= 5, "{} circles; five at most", listed.len());
}
