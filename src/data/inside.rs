//! Files that another file names: of its folder, and of nowhere else.

use std::path::{Component, Path, PathBuf};

/// The path of the file `name` in `folder`: no absolute path, no way up, no link on the way.
///
/// # Errors
/// The reason, to be put behind what names the file.
pub fn inside(folder: &Path, name: &str) -> Result<PathBuf, &'static str> {
    let mut path = folder.to_path_buf();
    for component in Path::new(name).components() {
        match component {
            Component::Normal(part) => path.push(part),
            Component::CurDir => continue,
            _ => return Err("only files in the folder of the model are read"),
        }
        if std::fs::symlink_metadata(&path).is_ok_and(|m| m.is_symlink()) {
            return Err(
                "it leads elsewhere by a link; only files in the folder of the model are read",
            );
        }
    }
    Ok(path)
}
