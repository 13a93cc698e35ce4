//! The layering of the house: a room uses only rooms below it.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

/// Rooms from the ground up. Rooms on one line do not know each other.
const FLOORS: &[&[&str]] = &[
    &["format", "progress"],
    &["file", "wire"],
    &["data"],
    &["activation"],
    &["network"],
    &["ring"],
    &["scheme"],
    &["circuit"],
    &["engine"],
    &["run"],
    &["service"],
    &["worker"],
    &["app", "cli"],
];

fn floor(room: &str) -> Option<usize> {
    FLOORS.iter().position(|rooms| rooms.contains(&room))
}

fn rust_files(dir: &Path, into: &mut Vec<PathBuf>) {
    for entry in std::fs::read_dir(dir).expect("src is readable") {
        let path = entry.expect("src is readable").path();
        if path.is_dir() {
            rust_files(&path, into);
        } else if path.extension().is_some_and(|e| e == "rs") {
            into.push(path);
        }
    }
}

/// Rooms named after `crate::` anywhere in `text`, inside `{...}` groups too.
fn rooms_used(text: &str) -> BTreeSet<String> {
    let mut found = BTreeSet::new();
    for (at, _) in text.match_indices("crate::") {
        let rest = &text[at + "crate::".len()..];
        let names: Vec<&str> = match rest.strip_prefix('{') {
            Some(group) => group.split(['}', ',']).take_while(|n| !n.contains(';')).collect(),
            None => vec![rest],
        };
        for name in names {
            let name = name.trim_start();
            let end = name.find(|c: char| !c.is_alphanumeric() && c != '_').unwrap_or(name.len());
            if end > 0 {
                found.insert(name[..end].to_owned());
            }
        }
    }
    found
}

#[test]
fn a_room_uses_only_rooms_below_it() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut files = Vec::new();
    rust_files(&src, &mut files);
    let mut seen = 0;
    let mut wrong = Vec::new();
    for file in &files {
        let inside = file.strip_prefix(&src).expect("inside src");
        let room = inside.iter().next().expect("a name").to_string_lossy();
        let room = room.trim_end_matches(".rs");
        let Some(here) = floor(room) else {
            assert!(matches!(room, "lib" | "main"), "{room} has no floor; add it to FLOORS");
            continue;
        };
        let text = std::fs::read_to_string(file).expect("source is text");
        for used in rooms_used(&text) {
            let Some(there) = floor(&used) else { continue };
            seen += 1;
            if there > here || (there == here && used != room) {
                wrong.push(format!("{} uses {used}", inside.display()));
            }
        }
    }
    assert!(seen > 5, "the test finds the uses");
    assert!(wrong.is_empty(), "rooms reach up:\n{}", wrong.join("\n"));
}

#[test]
fn schemes_know_no_network_and_the_ring_knows_no_network() {
    // These sit above `network` for the sake of order, but must not use it.
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    for room in ["ring", "scheme"] {
        let mut files = Vec::new();
        rust_files(&src.join(room), &mut files);
        for file in files {
            let used = rooms_used(&std::fs::read_to_string(&file).expect("source is text"));
            for above in ["network", "activation", "data"] {
                assert!(!used.contains(above), "{} uses {above}", file.display());
            }
        }
    }
}

#[test]
fn groups_of_imports_are_seen() {
    let rooms = rooms_used("use crate::{data::Dataset, run::Event};\nfn f() { crate::app::x(); }");
    assert!(["data", "run", "app"].iter().all(|r| rooms.contains(*r)), "{rooms:?}");
}
