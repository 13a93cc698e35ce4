//! Names of places under a plot, in the room that each has.

/// Most lines of a name, their height, and the space between neighbours.
const LINES: usize = 3;
const LINE: f32 = 13.0;
const AIR: f32 = 4.0;
/// In less room than this names that do not fit are turned, in more they are cut into pieces.
const LEAST_PIECE: f32 = 38.0;
/// Length of a name that is turned.
const TURNED: f32 = 50.0;

/// How the names of places stand under a plot: each in its room, so that none runs over the edge.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PlaceNames {
    /// The lines of each.
    pub names: Vec<Vec<String>>,
    /// They are read from below to above.
    pub turned: bool,
    /// Only every such one has room.
    pub every: usize,
    /// Length of the longest that is turned.
    longest: f32,
}

impl PlaceNames {
    /// Names of places that are `step` apart, in letters with these widths.
    pub fn new<T: AsRef<str>>(names: &[T], step: f32, width: impl Fn(&str) -> f32) -> Self {
        let names: Vec<String> = names.iter().map(|n| n.as_ref().replace(" + ", "+")).collect();
        let fits = |text: &str| width(text.trim_end()) <= step - AIR;
        let whole: Vec<_> = names.iter().map(|name| lines(words(name), &fits)).collect();
        let is_whole = |lines: &Vec<String>| lines.len() <= LINES && lines.iter().all(|l| fits(l));
        if whole.iter().all(is_whole) {
            return Self { names: whole, every: 1, ..Self::default() };
        }
        if step >= LEAST_PIECE {
            let cut = |lines: Vec<String>| match lines.len() > LINES {
                true => {
                    let rest = lines[LINES - 1..].concat();
                    let first = lines.into_iter().take(LINES - 1);
                    first.chain([shortened(&rest, &fits)]).collect()
                }
                false => lines,
            };
            let beside = |name: &String| cut(lines(small_pieces(name, &fits), &fits));
            let names = names.iter().map(beside).collect();
            return Self { names, every: 1, ..Self::default() };
        }
        let long = |text: &str| width(text) <= TURNED;
        let every = (LINE / step.max(1.0)).ceil() as usize;
        let names: Vec<String> = names.iter().map(|name| shortened(name, &long)).collect();
        let longest = names.iter().map(|name| width(name)).fold(0.0, f32::max);
        let names = names.into_iter().map(|name| vec![name]).collect();
        Self { names, turned: true, every, longest }
    }

    /// Space that they take under the plot.
    pub fn height(&self) -> f32 {
        let lines = self.names.iter().map(Vec::len).max().unwrap_or(0);
        if self.turned { self.longest + AIR } else { lines as f32 * LINE + AIR }
    }

    /// How far a line is below the first.
    pub fn below(line: usize) -> f32 {
        line as f32 * LINE
    }
}

/// A name cut behind its spaces and signs.
fn words(name: &str) -> Vec<String> {
    name.split_inclusive([' ', '+', '-', '_', '/', '.']).map(str::to_owned).collect()
}

/// The same, and words that do not fit cut before their number, then anywhere.
fn small_pieces(name: &str, fits: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut pieces = Vec::new();
    for word in words(name) {
        let number = word.find(|c: char| c.is_ascii_digit()).unwrap_or(0);
        let parts = if fits(&word) { (word.as_str(), "") } else { word.split_at(number) };
        for part in [parts.0, parts.1] {
            let mut piece = String::new();
            for letter in part.chars() {
                if !piece.is_empty() && !fits(&format!("{piece}{letter}")) {
                    pieces.push(std::mem::take(&mut piece));
                }
                piece.push(letter);
            }
            pieces.push(piece);
        }
    }
    pieces.retain(|piece| !piece.is_empty());
    pieces
}

/// Pieces on as few lines as they fit on.
fn lines(pieces: Vec<String>, fits: &dyn Fn(&str) -> bool) -> Vec<String> {
    let mut lines: Vec<String> = Vec::new();
    for piece in pieces {
        match lines.last_mut().filter(|line| fits(&format!("{line}{piece}"))) {
            Some(line) => line.push_str(&piece),
            None => lines.push(piece),
        }
    }
    lines.iter().map(|line| line.trim_end().to_owned()).collect()
}

/// The beginning of a text that fits.
fn shortened(text: &str, fits: &dyn Fn(&str) -> bool) -> String {
    if fits(text) {
        return text.to_owned();
    }
    let letters: Vec<char> = text.chars().collect();
    let of = |count: usize| letters[..count].iter().chain(&['…']).collect::<String>();
    (1..letters.len()).rev().map(of).find(|text| fits(text)).unwrap_or_else(|| of(0))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Letters that are all six wide.
    fn six(text: &str) -> f32 {
        6.0 * text.chars().count() as f32
    }

    #[test]
    fn names_break_at_their_signs_before_they_are_cut() {
        let names = ["input", "pool1 + conv2 + pool2", "step 29", "relu10 key switch"];
        let shown = PlaceNames::new(&names, 76.0, six);
        assert_eq!(shown.names[1], ["pool1+conv2+", "pool2"]);
        assert_eq!(shown.names[2], ["step 29"]);
        assert_eq!(shown.names[3], ["relu10 key", "switch"]);
        assert_eq!((shown.turned, shown.every), (false, 1));
        assert_eq!(shown.height(), 30.0);
        // Room for six letters: the number goes below its word.
        let shown = PlaceNames::new(&["square10", "dense1", "activation_of_all_layers"], 40.0, six);
        assert_eq!(shown.names[0], ["square", "10"]);
        assert_eq!(shown.names[1], ["dense1"]);
        assert_eq!(shown.names[2], ["activa", "tion_", "of_al…"]);
    }

    #[test]
    fn every_name_fits_its_room_or_is_turned() {
        for step in [38.0, 44.0, 60.0, 100.0] {
            let names = ["pool1 + conv2 + pool2", "relu10", "relinearise + switch", "output"];
            let shown = PlaceNames::new(&names, step, six);
            assert!(!shown.turned && shown.every == 1);
            for line in shown.names.iter().flatten() {
                assert!(six(line) <= step - AIR, "{line} in {step}");
            }
        }
        // 22 layers: each is there, one beside the other.
        let shown = PlaceNames::new(&["relu10", "pool1+conv2"], 18.0, six);
        assert_eq!((shown.turned, shown.every), (true, 1));
        assert_eq!(shown.height(), 52.0);
        assert_eq!(shown.names, [["relu10"], ["pool1+c…"]]);
        assert_eq!(PlaceNames::new(&["relu10"], 5.0, six).every, 3);
        assert_eq!(PlaceNames::new::<&str>(&[], 5.0, six).names.len(), 0);
    }
}
