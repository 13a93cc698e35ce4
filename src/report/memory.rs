//! How much memory the process took, how much is free, and whether a plan fits into it.

use circuit::{Cause, Warning};
use scenario::RunError;
use std::path::{Path, PathBuf};

/// Peak resident memory of this process, bytes; 0 where the system does not tell.
pub fn peak_memory_bytes() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|l| l.strip_prefix("VmHWM:"));
    let kibibytes = line.and_then(|l| l.trim().strip_suffix("kB")?.trim().parse::<u64>().ok());
    kibibytes.unwrap_or(0) * 1024
}

/// Memory that is free for this process, bytes: that of the machine, or what the limits of its control
/// groups leave; `None` where the system does not tell.
pub fn available_memory_bytes() -> Option<u64> {
    available_under(Path::new("/"))
}

/// The same with the files of the system below `root`.
fn available_under(root: &Path) -> Option<u64> {
    let of_groups = group_folders(root).into_iter().filter_map(|folder| left_in(&folder));
    machine(root).into_iter().chain(of_groups).min()
}

fn machine(root: &Path) -> Option<u64> {
    let info = std::fs::read_to_string(root.join("proc/meminfo")).ok()?;
    let line = info.lines().find_map(|l| l.strip_prefix("MemAvailable:"))?;
    let kibibytes: u64 = line.trim().strip_suffix("kB")?.trim().parse().ok()?;
    kibibytes.checked_mul(1024)
}

/// Folders of the control groups that this process is in, and of those around them, for both versions
/// of the interface.
fn group_folders(root: &Path) -> Vec<PathBuf> {
    let text = std::fs::read_to_string(root.join("proc/self/cgroup")).unwrap_or_default();
    let mut folders = Vec::new();
    for line in text.lines() {
        let mut parts = line.splitn(3, ':');
        let (Some(_), Some(controllers), Some(path)) = (parts.next(), parts.next(), parts.next())
        else {
            continue;
        };
        let top = match controllers {
            "" => root.join("sys/fs/cgroup"),
            all if all.split(',').any(|c| c == "memory") => root.join("sys/fs/cgroup/memory"),
            _ => continue,
        };
        // Inside a container the path may be that of the host, and the group lie at the top.
        let mut folder = top.join(path.trim_start_matches('/'));
        while folder.starts_with(&top) {
            folders.push(folder.clone());
            if !folder.pop() {
                break;
            }
        }
    }
    folders
}

/// What the limit of a group leaves, bytes: what is used without files that can be dropped.
fn left_in(folder: &Path) -> Option<u64> {
    let number = |name: &str| -> Option<u64> {
        std::fs::read_to_string(folder.join(name)).ok()?.trim().parse().ok()
    };
    let limit = number("memory.max").or_else(|| number("memory.limit_in_bytes"))?;
    let used = number("memory.current").or_else(|| number("memory.usage_in_bytes"))?;
    let stat = std::fs::read_to_string(folder.join("memory.stat")).unwrap_or_default();
    let files = |name: &str| -> Option<u64> {
        stat.lines().find_map(|l| l.strip_prefix(name)?.trim().parse().ok())
    };
    let dropped = files("total_inactive_file ").or_else(|| files("inactive_file ")).unwrap_or(0);
    Some(limit.saturating_sub(used.saturating_sub(dropped)))
}

/// Whether `needed` bytes are free. Where they are not, a refusal, or with `past_memory` a warning;
/// `fits` says what would fit.
///
/// # Errors
/// When they are not free and were not asked for all the same.
pub fn check(
    needed: u64,
    past_memory: bool,
    fits: impl FnOnce(u64) -> String,
) -> Result<Option<Warning>, RunError> {
    let Some(free) = available_memory_bytes().filter(|free| needed > *free) else {
        return Ok(None);
    };
    let about = format!(
        "about {} of memory are needed where {} are free",
        format::bytes(needed),
        format::bytes(free)
    );
    if !past_memory {
        return Err(RunError::Refused(format!(
            "{about}: {}, or try it all the same with scheme.past_memory=true",
            fits(free)
        )));
    }
    Ok(Some(
        Cause::MemoryShort { needed, free, advice: "tried all the same, as was asked for" }.into(),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Files of a system in a folder of their own.
    fn system(name: &str, files: &[(&str, &str)]) -> PathBuf {
        let name = format!("cryptoscope-memory-{name}-{}", std::process::id());
        let root = std::env::temp_dir().join(name);
        for (path, text) in files {
            let path = root.join(path);
            std::fs::create_dir_all(path.parent().unwrap()).unwrap();
            std::fs::write(path, text).unwrap();
        }
        root
    }

    const INFO: (&str, &str) = ("proc/meminfo", "MemTotal:  16000 kB\nMemAvailable:   8000 kB\n");

    #[test]
    fn limits_of_both_kinds_of_groups_count() {
        let free = |name: &str, files: &[(&str, &str)]| {
            let root = system(name, &[&[INFO], files].concat());
            let found = available_under(&root);
            std::fs::remove_dir_all(root).unwrap();
            found
        };
        assert_eq!(free("none", &[]), Some(8_192_000));
        let second = [
            ("proc/self/cgroup", "0::/user/job\n"),
            ("sys/fs/cgroup/user/job/memory.max", "max\n"),
            ("sys/fs/cgroup/user/job/memory.current", "1000\n"),
            ("sys/fs/cgroup/user/memory.max", "5000000\n"),
            ("sys/fs/cgroup/user/memory.current", "3000000\n"),
            ("sys/fs/cgroup/user/memory.stat", "anon 7\ninactive_file 1000000\n"),
        ];
        assert_eq!(free("second", &second), Some(3_000_000));
        let first = [
            ("proc/self/cgroup", "5:cpu:/x\n4:memory,hugetlb:/box\n"),
            ("sys/fs/cgroup/memory/box/memory.limit_in_bytes", "4000000"),
            ("sys/fs/cgroup/memory/box/memory.usage_in_bytes", "1000000"),
            ("sys/fs/cgroup/memory/box/memory.stat", "total_inactive_file 250000"),
        ];
        assert_eq!(free("first", &first), Some(3_250_000));
        // In a container: the path of the host, the files of the group at the top.
        let container = [
            ("proc/self/cgroup", "0::/host/path"),
            ("sys/fs/cgroup/memory.max", "2000000"),
            ("sys/fs/cgroup/memory.current", "2500000"),
        ];
        assert_eq!(free("container", &container), Some(0));
        // More than the machine has is no limit.
        let wide = [
            ("proc/self/cgroup", "0::/"),
            ("sys/fs/cgroup/memory.max", "9223372036854771712"),
            ("sys/fs/cgroup/memory.current", "0"),
        ];
        assert_eq!(free("wide", &wide), Some(8_192_000));
    }

    #[test]
    fn what_is_not_free_is_refused_unless_asked_for() {
        let fits = |_| "take less".to_owned();
        assert_eq!(check(1, false, fits).unwrap(), None);
        let text = check(u64::MAX, false, fits).unwrap_err().to_string();
        assert!(text.contains("are free: take less, or") && text.contains("past_memory"), "{text}");
        assert_eq!(check(u64::MAX, true, fits).unwrap().unwrap().kind, "memory");
    }
}
