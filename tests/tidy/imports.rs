//! Which file of a crate imports which, and the knots among them. It must not know what is allowed.
//!
//! A file imports the files that define what it names: in `use`, and in paths anywhere in its code. Only paths of the
//! crate count (`crate::`, `self::`, `super::`, a child module, a name that `use` brought in). Tests do not count.
//!
//! - An item that a file re-exports, most often a `mod.rs`, is imported from the file that defines it. To import a module
//!   is nothing by itself; what is named in it counts.
//! - A re-export is no import, unless the file uses the name itself. So a `mod.rs` that only declares modules and
//!   re-exports imports nothing, and nobody imports it. One that defines an item which its children import, and uses one
//!   of them, is in a knot with it.
//! - Of `use module::*` those names count that stand in the file and that the module has.
//! - Methods do not show: a type's `impl` block may stand in any file.

use std::collections::{BTreeMap, BTreeSet};

use super::source::{Names, names, tokens, without_tests};

/// The files of a crate and what each of them imports.
pub struct Imports {
    /// The file, the files that it imports, and for each of those the names.
    pub of: BTreeMap<String, BTreeMap<String, BTreeSet<String>>>,
}

/// A module: its names from the crate's root.
type ModulePath = Vec<String>;

/// Names may be brought in by one another in a circle, as by two globs.
const MAX_DEPTH: usize = 8;

struct Tree<'f> {
    modules: BTreeMap<ModulePath, (&'f str, Names)>,
}

/// What a path leads to.
enum Target {
    Module(ModulePath),
    /// An item: the file that defines it, and its name there.
    Item(String, String),
}

impl Imports {
    /// Reads the files of one crate, by their paths below its `src/`.
    pub fn read(files: &BTreeMap<String, String>) -> Self {
        let mut tree = Tree { modules: BTreeMap::new() };
        for (path, text) in files {
            tree.modules.insert(module(path), (path, names(&without_tests(&tokens(text)))));
        }
        let mut of = BTreeMap::new();
        for (module, (file, names)) in &tree.modules {
            let mut imported: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
            let mut add = |path: &[String]| {
                if let Some(Target::Item(target, name)) = tree.resolve(module, path, 0)
                    && target != *file
                {
                    imported.entry(target).or_default().insert(name);
                }
            };
            for (name, path) in &names.uses {
                if !names.reexports.contains(name) || names.words.contains(name) {
                    add(path);
                }
            }
            names.paths.iter().for_each(|path| add(path));
            for glob in &names.globs {
                for word in &names.words {
                    if !names.items.contains(word) && tree.has(module, glob, word, 0) {
                        let mut path = glob.clone();
                        path.push(word.clone());
                        add(&path);
                    }
                }
            }
            of.insert((*file).to_owned(), imported);
        }
        Self { of }
    }

    /// The knots: groups of several files each of which reaches all others of its group.
    pub fn knots(&self) -> Vec<Vec<String>> {
        let edges = self.of.iter().map(|(file, imported)| (file.clone(), imported.keys().cloned().collect()));
        knots(&edges.collect())
    }

    /// What the files of a knot import from each other, a line an import.
    pub fn within(&self, knot: &[String]) -> String {
        let mut lines = String::new();
        for (file, imported) in self.of.iter().filter(|(file, _)| knot.contains(file)) {
            for (target, names) in imported.iter().filter(|(target, _)| knot.contains(target)) {
                let names: Vec<&str> = names.iter().map(String::as_str).collect();
                lines.push_str(&format!("    {file} -> {target}: {}\n", names.join(", ")));
            }
        }
        lines
    }
}

/// The module of a file: `exec/mod.rs` is `exec`, `exec/sort.rs` is `exec::sort`, `lib.rs` the root.
fn module(path: &str) -> ModulePath {
    let path = path.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if matches!(path, "lib" | "main") { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

impl Tree<'_> {
    /// Follows a path that stands in a module.
    fn resolve(&self, from: &[String], path: &[String], depth: usize) -> Option<Target> {
        if depth > MAX_DEPTH {
            return None;
        }
        let (first, mut rest) = path.split_first()?;
        let mut at = match first.as_str() {
            "crate" => Vec::new(),
            "self" => from.to_vec(),
            "super" => from.split_last()?.1.to_vec(),
            _ => {
                rest = path;
                from.to_vec()
            }
        };
        let keyword = rest.len() < path.len();
        let mut steps = 0;
        while let Some((name, after)) = rest.split_first() {
            if name == "super" {
                at.pop()?;
            } else if let Some(child) = self.child(&at, name) {
                at = child;
            } else {
                let (file, names) = self.modules.get(&at)?;
                if names.items.contains(name) {
                    return Some(Target::Item((*file).to_owned(), name.clone()));
                }
                if let Some(brought) = names.uses.get(name) {
                    // `use a::a` means the crate `a`, not itself.
                    if brought.first() == Some(name) && self.child(&at, name).is_none() {
                        return None;
                    }
                    let mut whole = brought.clone();
                    whole.extend(after.iter().cloned());
                    return self.resolve(&at, &whole, depth + 1);
                }
                if let Some(glob) = names.globs.iter().find(|glob| self.has(&at, glob, name, depth + 1)) {
                    let mut whole = glob.clone();
                    whole.extend(rest.iter().cloned());
                    return self.resolve(&at, &whole, depth + 1);
                }
                // A name of this module that is not seen here, such as what a macro defines.
                return (keyword || steps > 0).then(|| Target::Item((*file).to_owned(), name.clone()));
            }
            steps += 1;
            rest = after;
        }
        Some(Target::Module(at))
    }

    fn child(&self, module: &[String], name: &str) -> Option<ModulePath> {
        let mut child = module.to_vec();
        child.push(name.to_owned());
        self.modules.contains_key(&child).then_some(child)
    }

    /// Whether the module that a path leads to has a name.
    fn has(&self, from: &[String], path: &[String], name: &str, depth: usize) -> bool {
        let Some(Target::Module(module)) = self.resolve(from, path, depth + 1) else { return false };
        let Some((_, names)) = self.modules.get(&module) else { return false };
        names.items.contains(name)
            || names.uses.contains_key(name)
            || self.child(&module, name).is_some()
            || names.globs.iter().any(|glob| self.has(&module, glob, name, depth + 1))
    }
}

/// The groups of several nodes each of which reaches all others of its group (Tarjan's strongly connected components).
pub fn knots(edges: &BTreeMap<String, Vec<String>>) -> Vec<Vec<String>> {
    let mut search = Search {
        edges,
        numbers: BTreeMap::new(),
        low: BTreeMap::new(),
        stack: Vec::new(),
        found: Vec::new(),
    };
    for node in edges.keys() {
        if !search.numbers.contains_key(node.as_str()) {
            search.visit(node);
        }
    }
    search.found.sort();
    search.found
}

struct Search<'g> {
    edges: &'g BTreeMap<String, Vec<String>>,
    /// The order in which nodes were reached.
    numbers: BTreeMap<&'g str, usize>,
    /// The first node on the stack that each one reaches.
    low: BTreeMap<&'g str, usize>,
    stack: Vec<&'g str>,
    found: Vec<Vec<String>>,
}

impl<'g> Search<'g> {
    fn visit(&mut self, node: &'g str) {
        let number = self.numbers.len();
        self.numbers.insert(node, number);
        self.low.insert(node, number);
        self.stack.push(node);
        for next in self.edges.get(node).into_iter().flatten() {
            let reached = match self.numbers.get(next.as_str()) {
                None => {
                    self.visit(next);
                    self.low.get(next.as_str()).copied()
                }
                Some(&seen) => self.stack.contains(&next.as_str()).then_some(seen),
            };
            if let (Some(reached), Some(low)) = (reached, self.low.get_mut(node)) {
                *low = reached.min(*low);
            }
        }
        if self.low.get(node) == Some(&number) {
            let start = self.stack.iter().position(|it| *it == node).unwrap_or_default();
            let mut group: Vec<String> = self.stack.drain(start..).map(str::to_owned).collect();
            if group.len() > 1 {
                group.sort();
                self.found.push(group);
            }
        }
    }
}
