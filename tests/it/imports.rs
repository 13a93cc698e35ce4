//! Which file of a room uses which other one: by the text of its paths, re-exports followed.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

/// Names of a module below the root of its room.
type Module = Vec<String>;

/// The source of a room, file by file.
pub struct Room {
    texts: BTreeMap<Module, (String, bool)>,
    lines: usize,
}

/// Of each module those it uses.
pub type Uses = BTreeMap<Module, BTreeSet<Module>>;

impl Room {
    /// Reads every file below `folder`; modules of tests count as lines only.
    pub fn read(folder: &Path) -> Self {
        let mut room = Self { texts: BTreeMap::new(), lines: 0 };
        room.visit(folder, &[]);
        room
    }

    fn visit(&mut self, folder: &Path, at: &[String]) {
        for entry in std::fs::read_dir(folder).expect("source is readable") {
            let path = entry.expect("source is readable").path();
            let name = path.file_stem().expect("a name").to_string_lossy().into_owned();
            if path.is_dir() {
                self.visit(&path, &[at, std::slice::from_ref(&name)].concat());
            } else if path.extension().is_some_and(|e| e == "rs") {
                let text = std::fs::read_to_string(&path).expect("source is text");
                self.lines += text.lines().count();
                if name == "tests" {
                    continue;
                }
                let is_root = name == "mod";
                let module = if is_root { at.to_vec() } else { [at, &[name]].concat() };
                self.texts.insert(module, (plain(&text), is_root));
            }
        }
    }

    /// Lines of all files.
    pub fn lines(&self) -> usize {
        self.lines
    }

    /// The path `segments` as written in `module`, below the root of the room; `None` where it leads
    /// elsewhere.
    fn absolute(&self, segments: &[&str], module: &Module) -> Option<Module> {
        let owned = |some: &[&str]| some.iter().map(|s| (*s).to_owned()).collect::<Vec<_>>();
        match segments {
            ["crate", rest @ ..] => Some(owned(rest)),
            ["self", rest @ ..] => Some([module.clone(), owned(rest)].concat()),
            ["super", ..] => {
                let ups = segments.iter().take_while(|s| **s == "super").count();
                let above = &module[..module.len().saturating_sub(ups)];
                Some([above.to_vec(), owned(&segments[ups..])].concat())
            }
            [first, ..] => {
                let child = [module.clone(), vec![(*first).to_owned()]].concat();
                self.texts.contains_key(&child).then(|| [module.clone(), owned(segments)].concat())
            }
            [] => None,
        }
    }

    /// What each module re-exports: the path under which it is known, and where it is.
    fn exports(&self) -> BTreeMap<Module, Module> {
        let mut all = BTreeMap::new();
        for (module, (text, _)) in &self.texts {
            for statement in statements(text).filter(|s| s.public) {
                for (path, alias) in leaves(&statement.body) {
                    let segments: Vec<&str> = path.split("::").collect();
                    let Some(target) = self.absolute(&segments, module) else { continue };
                    let Some(name) = alias.or_else(|| target.last().cloned()) else { continue };
                    all.insert([module.clone(), vec![name]].concat(), target);
                }
            }
        }
        all
    }

    /// Of each module those that it uses; a module that only re-exports another does not use it.
    pub fn uses(&self) -> Uses {
        let exports = self.exports();
        let mut all = Uses::new();
        for (module, (text, is_root)) in &self.texts {
            let found = all.entry(module.clone()).or_default();
            let mut note = |path: &str| {
                let segments: Vec<&str> = path.split("::").filter(|s| *s != "*").collect();
                let Some(target) = self.absolute(&segments, module) else { return };
                let used = self.owner(target, &exports);
                if used != *module {
                    found.insert(used);
                }
            };
            for statement in statements(text).filter(|s| !(s.public && *is_root)) {
                leaves(&statement.body).iter().for_each(|(path, _)| note(path));
            }
            paths(&without_uses(text)).iter().for_each(|path| note(path));
        }
        all
    }

    /// The module that `path` lies in, re-exports followed.
    fn owner(&self, mut path: Module, exports: &BTreeMap<Module, Module>) -> Module {
        for _ in 0..8 {
            // A function may be known under the name of a file; what stands in the file is in the file.
            let is_file = |n: usize| n < path.len() && self.texts.contains_key(&path[..n]);
            let known = (1..=path.len()).rev().filter(|n| !is_file(*n)).find_map(|n| {
                let target = exports.get(&path[..n])?;
                (target[..] != path[..n]).then(|| [target, &path[n..]].concat())
            });
            match known {
                Some(next) => path = next,
                None => break,
            }
        }
        let own = (0..=path.len()).rev().find(|n| self.texts.contains_key(&path[..*n]));
        path.truncate(own.unwrap_or(0));
        path
    }
}

/// The text without comments, strings and modules of tests.
fn plain(text: &str) -> String {
    let lines = text.lines().map(|l| l.split("//").next().unwrap_or_default());
    let text = lines.collect::<Vec<_>>().join("\n");
    let end = text.find("#[cfg(test)]\nmod tests {").unwrap_or(text.len());
    let mut out = String::new();
    let mut in_string = false;
    let mut previous = ' ';
    for c in text[..end].chars() {
        if c == '"' && previous != '\\' && previous != '\'' {
            in_string = !in_string;
        } else if !in_string {
            out.push(c);
        }
        previous = c;
    }
    out
}

struct Statement {
    public: bool,
    body: String,
}

/// Where a `use` begins and ends in `text`.
fn uses_in(text: &str) -> Vec<(usize, usize)> {
    let mut all = Vec::new();
    for (at, _) in text.match_indices("use ") {
        let line = text[..at].rfind('\n').map_or(0, |n| n + 1);
        let before = text[line..at].trim();
        let is_statement =
            before.is_empty() || (before.starts_with("pub") && !before.contains("fn"));
        if let (true, Some(end)) = (is_statement, text[at..].find(';')) {
            all.push((line, at + end + 1));
        }
    }
    all
}

fn statements(text: &str) -> impl Iterator<Item = Statement> + '_ {
    uses_in(text).into_iter().map(|(from, to)| {
        let whole = text[from..to].trim();
        let public = whole.starts_with("pub");
        let body = whole.split_once("use ").map_or("", |(_, b)| b).trim_end_matches(';').to_owned();
        Statement { public, body }
    })
}

fn without_uses(text: &str) -> String {
    let mut out = text.to_owned();
    for (from, to) in uses_in(text).into_iter().rev() {
        out.replace_range(from..to, "");
    }
    out
}

/// The single paths of a `use`, groups taken apart, each with its other name.
fn leaves(body: &str) -> Vec<(String, Option<String>)> {
    fn part(prefix: &str, body: &str, out: &mut Vec<(String, Option<String>)>) {
        let Some(open) = body.find('{') else {
            let (path, alias) = match body.split_once(" as ") {
                Some((path, alias)) => (path.trim(), Some(alias.trim().to_owned())),
                None => (body.trim(), None),
            };
            let whole = format!("{prefix}{path}");
            out.push((whole.trim_end_matches("::self").to_owned(), alias));
            return;
        };
        let prefix = format!("{prefix}{}", body[..open].trim());
        let inside = &body[open + 1..body.rfind('}').unwrap_or(body.len())];
        let (mut depth, mut from) = (0, 0);
        for (at, c) in inside.char_indices().chain([(inside.len(), ',')]) {
            match c {
                '{' => depth += 1,
                '}' => depth -= 1,
                ',' if depth == 0 => {
                    if !inside[from..at].trim().is_empty() {
                        part(&prefix, inside[from..at].trim(), out);
                    }
                    from = (at + 1).min(inside.len());
                }
                _ => {}
            }
        }
    }
    let mut out = Vec::new();
    part("", body, &mut out);
    out
}

/// Paths of two names or more in running text.
fn paths(text: &str) -> Vec<String> {
    let is_part = |c: char| c.is_alphanumeric() || c == '_' || c == ':';
    text.split(|c| !is_part(c))
        .filter(|p| p.contains("::") && !p.starts_with(':'))
        .map(|p| p.trim_end_matches(':').to_owned())
        .collect()
}

/// Groups of modules each of which uses every other one, on whatever way; the root is called `mod`.
pub fn circles(uses: &Uses) -> Vec<Vec<String>> {
    let reach = |from: &Module| {
        let (mut seen, mut todo) = (BTreeSet::new(), vec![from.clone()]);
        while let Some(next) = todo.pop() {
            for used in uses.get(&next).into_iter().flatten() {
                if seen.insert(used.clone()) {
                    todo.push(used.clone());
                }
            }
        }
        seen
    };
    let reached: BTreeMap<&Module, BTreeSet<Module>> = uses.keys().map(|m| (m, reach(m))).collect();
    let mut groups = BTreeSet::new();
    for (module, far) in &reached {
        if far.contains(*module) {
            let together =
                far.iter().filter(|m| reached.get(m).is_some_and(|f| f.contains(*module)));
            let name = |m: &Module| if m.is_empty() { "mod".to_owned() } else { m.join("/") };
            groups.insert(together.map(name).collect::<Vec<_>>());
        }
    }
    groups.into_iter().collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn room(files: &[(&str, &str)]) -> Room {
        let folder = tempfile::tempdir().unwrap();
        for (name, text) in files {
            let path = folder.path().join(name);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        Room::read(folder.path())
    }

    fn found(files: &[(&str, &str)]) -> Vec<Vec<String>> {
        circles(&room(files).uses())
    }

    #[test]
    fn a_circle_is_seen_through_groups_re_exports_and_inline_paths() {
        let root = ("mod.rs", "mod a;\nmod b;\npub use a::{A, Other};\n");
        let a = ("a.rs", "use super::{\n    b::{B, self},\n};\nstruct A;");
        assert_eq!(found(&[root, a, ("b.rs", "use crate::A;\nstruct B;")]), [["a", "b"]]);
        assert_eq!(found(&[root, a, ("b.rs", "fn f() -> crate::A {}")]), [["a", "b"]]);
        assert_eq!(found(&[root, a, ("b.rs", "fn f() -> super::a::A {}")]), [["a", "b"]]);
    }

    #[test]
    fn comments_strings_tests_and_re_exports_alone_are_no_uses() {
        let root = ("mod.rs", "mod a;\nmod b;\npub use a::A;\npub use b::B;\n");
        let a = ("a.rs", "use super::b::B;\nstruct A;");
        let none: [Vec<String>; 0] = [];
        assert_eq!(found(&[root, a, ("b.rs", "// crate::A\nstruct B;")]), none);
        assert_eq!(found(&[root, a, ("b.rs", "const B: &str = \"crate::A\";")]), none);
        let tests = "struct B;\n#[cfg(test)]\nmod tests {\n    use crate::A;\n}";
        assert_eq!(found(&[root, a, ("b.rs", tests)]), none);
    }

    #[test]
    fn a_file_and_a_function_of_one_name_are_told_apart() {
        let root =
            ("mod.rs", "mod plan;\nmod planner;\npub use plan::Plan;\npub use planner::plan;\n");
        let plan = ("plan.rs", "pub struct Plan;");
        let planner = "use super::request::A;\npub fn plan() -> super::plan::Plan {}";
        let request = "use super::plan::Plan;\npub struct A(Plan);";
        let none: [Vec<String>; 0] = [];
        let files = [root, plan, ("planner.rs", planner), ("request.rs", request)];
        assert_eq!(found(&files), none);
    }

    #[test]
    fn a_module_and_its_child_can_be_a_circle() {
        let files = [
            ("mod.rs", "mod a;\n"),
            ("a/mod.rs", "mod b;\npub struct A;\nfn f() { b::g() }"),
            ("a/b.rs", "use super::A;\npub fn g() {}"),
        ];
        assert_eq!(found(&files), [["a", "a/b"]]);
    }
}
