//! Weights that lie beside the model, in a file of its folder and nowhere else.

use crate::messages::StringStringEntryProto;
use std::fs::File;
use std::io::{Read as _, Seek as _, SeekFrom};
use std::path::{Path, PathBuf};

/// Most bytes of values in one other file.
const MAX_BYTES: usize = 1 << 30;

/// The folder of a model file; none for a model that came without one.
pub(crate) struct Folder(Option<PathBuf>);

impl Folder {
    pub fn none() -> Self {
        Self(None)
    }

    /// The folder that the file at `path` lies in.
    pub fn of(path: &Path) -> Self {
        let parent = path.parent().filter(|p| *p != Path::new(""));
        Self(Some(parent.unwrap_or(Path::new(".")).to_path_buf()))
    }

    /// `needed` bytes of values, from where `entries` say.
    pub fn values(
        &self,
        entries: &[StringStringEntryProto],
        needed: usize,
    ) -> Result<Vec<u8>, String> {
        let entry = |key: &str| entries.iter().find(|e| e.key == key).map(|e| e.value.as_str());
        let name = entry("location").ok_or("its values lie in another file, which is not named")?;
        let shown = format::excerpt(name);
        let count = |key: &str| -> Result<Option<u64>, String> {
            let read = |text: &str| {
                text.parse()
                    .map_err(|_| format!("{key} {} is no number of bytes", format::excerpt(text)))
            };
            entry(key).map(read).transpose()
        };
        let (offset, length) = (count("offset")?.unwrap_or(0), count("length")?);
        if length.is_some_and(|l| l != needed as u64) || needed > MAX_BYTES {
            return Err(format!(
                "{} bytes of {shown}; {needed} are needed, and at most {MAX_BYTES} are read",
                length.unwrap_or(needed as u64)
            ));
        }
        let path = self.inside(name)?;
        let fail = |e: std::io::Error| format!("its values lie in {shown} beside the model: {e}");
        let mut file: File = data::open_regular(&path).map_err(fail)?;
        let found = file.metadata().map_err(fail)?.len();
        if offset.checked_add(needed as u64).is_none_or(|end| end > found) {
            return Err(format!(
                "{shown} has {found} bytes; {needed} from byte {offset} on are needed: it is cut short or belongs to another model"
            ));
        }
        file.seek(SeekFrom::Start(offset)).map_err(fail)?;
        let mut bytes = Vec::with_capacity(needed);
        file.take(needed as u64).read_to_end(&mut bytes).map_err(fail)?;
        Ok(bytes)
    }

    /// The path of a file of this folder (see [`data::inside`]).
    pub fn inside(&self, name: &str) -> Result<PathBuf, String> {
        let shown = format::excerpt(name);
        let folder = self.0.as_ref().ok_or_else(|| {
            format!("its values lie in {shown}; open the model by its path, beside that file")
        })?;
        data::inside(folder, name).map_err(|why| format!("its values lie in {shown}; {why}"))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entries(pairs: &[(&str, &str)]) -> Vec<StringStringEntryProto> {
        let entry = |(key, value): &(&str, &str)| StringStringEntryProto {
            key: (*key).to_owned(),
            value: (*value).to_owned(),
        };
        pairs.iter().map(entry).collect()
    }

    #[test]
    fn values_are_read_from_the_folder_of_the_model_and_from_nowhere_else() {
        let outer = tempfile::tempdir().unwrap();
        let inner = outer.path().join("model");
        std::fs::create_dir(&inner).unwrap();
        std::fs::write(inner.join("w.data"), [1, 2, 3, 4, 5, 6, 7, 8]).unwrap();
        std::fs::write(outer.path().join("secret"), [9; 8]).unwrap();
        #[cfg(unix)]
        std::os::unix::fs::symlink(outer.path().join("secret"), inner.join("link")).unwrap();
        let folder = Folder::of(&inner.join("m.onnx"));
        let read = |pairs: &[(&str, &str)]| folder.values(&entries(pairs), 4);
        assert_eq!(read(&[("location", "w.data"), ("offset", "2")]).unwrap(), [3, 4, 5, 6]);
        let elsewhere = outer.path().join("secret");
        for (pairs, reason) in [
            (vec![("location", "../secret")], "in the folder of the model"),
            (vec![("location", elsewhere.to_str().unwrap())], "in the folder of the model"),
            #[cfg(unix)]
            (vec![("location", "link")], "by a link"),
            (vec![("location", "w.data"), ("offset", "5")], "cut short"),
            (vec![("location", "w.data"), ("length", "5")], "5 bytes of"),
            (vec![("location", "w.data"), ("offset", "-1")], "no number"),
            (vec![("location", ".")], "folder"),
            (vec![("location", "absent")], "beside the model"),
            (vec![], "not named"),
        ] {
            let told = read(&pairs).unwrap_err();
            assert!(told.contains(reason), "{pairs:?}: {told}");
        }
        let told = Folder::none().values(&entries(&[("location", "w.data")]), 4).unwrap_err();
        assert!(told.contains("by its path"), "{told}");
    }
}
