//! Tables of costs: which one choices are made with, and which one times are predicted with.
//!
//! Choices of parameters are made with the typical costs of the kernel, which are written here: so the
//! same request gives the same plan, whatever the machine does beside it, and on every machine with
//! that kernel. Times are predicted with the costs of this machine: measured once, kept in the user's
//! cache folder, and measured again only on request (`cryptoscope bench costs --save`).

use super::cost::UnitCosts;
use super::cost_bfv::BfvCosts;
use ring::Kernel;
use serde::{Deserialize, Serialize};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;
use std::time::{SystemTime, UNIX_EPOCH};

/// Version of the layout of a kept table, and of what its units mean.
const VERSION: u32 = 1;

/// Largest file that is read as a table, bytes.
const MAX_FILE_BYTES: u64 = 1 << 16;

/// Where the table is kept; nowhere until [`keep_costs_in`] is called.
static FOLDER: OnceLock<PathBuf> = OnceLock::new();

/// Costs of units of work, and where they were measured.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CostTable {
    pub version: u32,
    /// Kernel, processor and number of its cores that the figures are of.
    pub kernel: String,
    pub processor: String,
    pub cores: usize,
    /// When they were measured, seconds since 1970; 0 for typical ones.
    pub measured_at: u64,
    pub unit: UnitCosts,
    pub bfv: BfvCosts,
}

/// From now on the table of this machine is read from `folder`, and written there where it is not.
pub fn keep_costs_in(folder: PathBuf) {
    // The first folder holds.
    FOLDER.set(folder).ok();
}

/// The folder for what a program may make again: `cryptoscope` in that of the user.
pub fn cache_folder() -> Option<PathBuf> {
    let named = |name: &str| {
        let folder = PathBuf::from(std::env::var_os(name)?);
        folder.is_absolute().then_some(folder)
    };
    let folder = named("XDG_CACHE_HOME")
        .or_else(|| named("LOCALAPPDATA"))
        .or_else(|| named("HOME").map(|home| home.join(".cache")))?;
    Some(folder.join("cryptoscope"))
}

impl CostTable {
    /// The typical costs of the kernel in use: what choices are made with.
    pub fn typical() -> Self {
        let kernel = Kernel::best().name();
        Self::with("typical", 0, UnitCosts::typical(kernel), BfvCosts::TYPICAL)
    }

    /// The costs of this machine: what times are predicted with. Those that are kept; where none
    /// are, measured now (some 100 ms) and kept; typical ones where what is kept cannot be read, or is
    /// of another machine.
    pub fn of_this_machine() -> &'static Self {
        static TABLE: OnceLock<CostTable> = OnceLock::new();
        TABLE.get_or_init(|| {
            let Some(path) = FOLDER.get().map(|folder| path_in(folder)) else {
                return Self::measured();
            };
            if path.symlink_metadata().is_ok() {
                return Self::read(&path).unwrap_or_else(Self::typical);
            }
            let table = Self::measured();
            // A folder that cannot be written to is no reason not to plan.
            table.write(&path).ok();
            table
        })
    }

    /// Measures this machine.
    pub fn measured() -> Self {
        let now = SystemTime::now().duration_since(UNIX_EPOCH).map_or(0, |d| d.as_secs());
        Self::with(&processor(), now, UnitCosts::measured(), BfvCosts::measured())
    }

    /// Measures this machine and keeps the table in `folder`; where it is now.
    ///
    /// # Errors
    /// When it cannot be written.
    pub fn remake(folder: &Path) -> std::io::Result<(Self, PathBuf)> {
        let (table, path) = (Self::measured(), path_in(folder));
        table.write(&path)?;
        Ok((table, path))
    }

    fn with(processor: &str, measured_at: u64, unit: UnitCosts, bfv: BfvCosts) -> Self {
        Self {
            version: VERSION,
            kernel: Kernel::best().name().to_owned(),
            processor: processor.to_owned(),
            cores: cores(),
            measured_at,
            unit,
            bfv,
        }
    }

    /// The table of this machine in a file; `None` where there is none to be used.
    fn read(path: &Path) -> Option<Self> {
        let meta = std::fs::metadata(path).ok().filter(std::fs::Metadata::is_file)?;
        if meta.len() > MAX_FILE_BYTES {
            return None;
        }
        let table: Self = serde_json::from_str(&std::fs::read_to_string(path).ok()?).ok()?;
        let same = table.version == VERSION
            && table.kernel == Kernel::best().name()
            && table.processor == processor()
            && table.cores == cores();
        (same && table.is_sound()).then_some(table)
    }

    /// Whether all costs are times that a unit of work may take.
    fn is_sound(&self) -> bool {
        let possible = |secs: &f64| (1e-14..=10.0).contains(secs);
        self.unit.all().iter().chain(&self.bfv.all()).all(possible)
    }

    /// Writes it beside `path` first, so that there is never half a table.
    fn write(&self, path: &Path) -> std::io::Result<()> {
        let folder = path.parent().unwrap_or(Path::new("."));
        std::fs::create_dir_all(folder)?;
        let text = serde_json::to_string_pretty(self).map_err(std::io::Error::from)?;
        let beside = path.with_extension(format!("{}.part", std::process::id()));
        let written = std::fs::File::create(&beside)
            .and_then(|mut file| file.write_all(text.as_bytes()))
            .and_then(|()| std::fs::rename(&beside, path));
        if written.is_err() {
            std::fs::remove_file(&beside).ok();
        }
        written
    }
}

fn path_in(folder: &Path) -> PathBuf {
    folder.join(format!("costs-{}.json", Kernel::best().name()))
}

fn cores() -> usize {
    std::thread::available_parallelism().map_or(1, usize::from)
}

/// The name of the processor, where the system tells it; else its architecture.
fn processor() -> String {
    let info = std::fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let line = info.lines().find_map(|l| l.strip_prefix("model name")?.split_once(':'));
    line.map_or_else(|| std::env::consts::ARCH.to_owned(), |(_, name)| name.trim().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folder(name: &str) -> PathBuf {
        let name = format!("cryptoscope-costs-{name}-{}", std::process::id());
        std::env::temp_dir().join(name)
    }

    #[test]
    fn a_table_that_was_kept_is_read_again_and_no_other() {
        let folder = folder("kept");
        let mut table = CostTable::typical();
        table.processor = processor();
        let path = path_in(&folder);
        table.write(&path).unwrap();
        assert_eq!(CostTable::read(&path), Some(table.clone()));
        let changes: [fn(&mut CostTable); 6] = [
            |t| t.kernel = "other".into(),
            |t| t.processor = "other".into(),
            |t| t.cores += 1,
            |t| t.version += 1,
            |t| t.unit.mac = 0.0,
            |t| t.bfv.square = -1.0,
        ];
        for change in changes {
            let mut other = table.clone();
            change(&mut other);
            other.write(&path).unwrap();
            assert_eq!(CostTable::read(&path), None, "{other:?}");
        }
        for text in ["", "{}", "null", "[1e999]", "{\"version\": 1"] {
            std::fs::write(&path, text).unwrap();
            assert_eq!(CostTable::read(&path), None, "{text}");
        }
        let names: Vec<_> = std::fs::read_dir(&folder).unwrap().flatten().collect();
        assert_eq!(names.len(), 1, "no parts are left");
        std::fs::remove_dir_all(&folder).unwrap();
    }

    #[test]
    fn typical_costs_are_sound_for_every_kernel_and_within_reach_of_what_is_measured() {
        for kernel in ["portable", "avx2", "avx512_ifma", "amx_int8", "another"] {
            let unit = UnitCosts::typical(kernel);
            let table = CostTable::with("any", 0, unit, BfvCosts::TYPICAL);
            assert!(table.is_sound(), "{kernel}");
        }
    }
}
