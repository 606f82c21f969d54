//! Paths of blobs, each kept once: a history has far fewer paths than blobs.

use std::collections::HashMap;

use crate::git::hash::Seeded;
use crate::source::name::push_text;

/// A path: a folder and a name in it.
pub(super) type PathId = u32;
/// A folder.
pub(super) type FolderId = u32;

/// The path of what no commit holds.
pub(super) const NO_PATH: PathId = 0;
/// The path of commit messages, after the file in which git lets people write them.
pub(super) const COMMIT_MESSAGE: PathId = 1;
/// The path of tag messages.
pub(super) const TAG_MESSAGE: PathId = 2;
/// The top folder.
pub(super) const TOP: FolderId = 0;

/// All paths met so far.
#[derive(Debug)]
pub(super) struct Names {
    folders: Vec<Vec<u8>>,
    folder_ids: HashMap<(FolderId, Box<[u8]>), FolderId, Seeded>,
    paths: Vec<(FolderId, Box<[u8]>)>,
    path_ids: HashMap<(FolderId, Box<[u8]>), PathId, Seeded>,
}

impl Names {
    pub(super) fn new() -> Self {
        let mut names = Self {
            folders: vec![Vec::new()],
            folder_ids: HashMap::default(),
            paths: Vec::new(),
            path_ids: HashMap::default(),
        };
        for name in ["", "COMMIT_EDITMSG", "TAG_EDITMSG"] {
            // not in the table: a file of that name is another path
            names.paths.push((TOP, name.as_bytes().into()));
        }
        names
    }

    /// Number of paths.
    pub(super) fn len(&self) -> usize {
        self.paths.len()
    }

    /// The folder `name` in another.
    pub(super) fn folder(&mut self, within: FolderId, name: &[u8]) -> FolderId {
        let key = (within, name.into());
        if let Some(&id) = self.folder_ids.get(&key) {
            return id;
        }
        let id = self.folders.len() as FolderId;
        self.folders.push(join(&self.folders[within as usize], name));
        self.folder_ids.insert(key, id);
        id
    }

    /// The path of `name` in a folder.
    pub(super) fn path(&mut self, folder: FolderId, name: &[u8]) -> PathId {
        let key = (folder, name.into());
        if let Some(&id) = self.path_ids.get(&key) {
            return id;
        }
        let id = self.paths.len() as PathId;
        self.paths.push((folder, key.1.clone()));
        self.path_ids.insert(key, id);
        id
    }

    /// The path of a whole name, such as `src/main.rs`.
    pub(super) fn whole_path(&mut self, name: &[u8]) -> PathId {
        let mut parts = name.split(|&byte| byte == b'/');
        let last = parts.next_back().unwrap_or_default();
        let folder = parts.fold(TOP, |folder, part| self.folder(folder, part));
        self.path(folder, last)
    }

    /// A path as git has it.
    pub(super) fn bytes(&self, path: PathId) -> Vec<u8> {
        let (folder, name) = &self.paths[path as usize];
        join(&self.folders[*folder as usize], name)
    }

    /// A path as reports show it.
    pub(super) fn text(&self, path: PathId) -> String {
        let mut text = String::new();
        push_text(&self.bytes(path), &mut text);
        text
    }

    /// What a file of this name would be called in a folder.
    pub(super) fn text_in(&self, folder: FolderId, name: &[u8]) -> String {
        let mut text = String::new();
        push_text(&join(&self.folders[folder as usize], name), &mut text);
        text
    }

    /// Takes in the paths of another table: what each of its paths is called here.
    pub(super) fn merge(&mut self, other: &Self) -> Vec<PathId> {
        let mut folders = vec![TOP; other.folders.len()];
        let mut by_id: Vec<_> = other.folder_ids.iter().collect();
        by_id.sort_unstable_by_key(|(_, id)| **id);
        for ((within, name), id) in by_id {
            folders[*id as usize] = self.folder(folders[*within as usize], name);
        }
        let fixed = TAG_MESSAGE + 1;
        let moved = other.paths[fixed as usize..].iter();
        (0..fixed).chain(moved.map(|(folder, name)| self.path(folders[*folder as usize], name))).collect()
    }
}

fn join(folder: &[u8], name: &[u8]) -> Vec<u8> {
    if folder.is_empty() { name.to_vec() } else { [folder, b"/", name].concat() }
}
