//! Choosing the newest Python that suits all, with distributions made for it: some are there for
//! certain Pythons only. uv resolves and installs them for real, from a folder.

use std::io::Write;
use std::process::Command;

use super::*;

/// Writes wheels `name version requires-python tag`, and a source distribution that cannot be built.
const MAKE: &str = include_str!("shelf.py");

/// A place whose only distributions are those in a folder, and the two newest Pythons.
struct Shelf {
    place: Place,
    provisioner: Virtualenvs,
    newest: String,
    older: String,
}

impl Shelf {
    /// `None`, and a line that says so, on a machine with a single Python: there is nothing to choose.
    fn new() -> Option<Self> {
        let mut place = Place::new();
        let pythons = choose::newest_of_each_minor(&discover_interpreters(&place.context, None));
        let [newest, older, ..] = &pythons[..] else {
            let _ = writeln!(
                std::io::stderr(),
                "skipped: {} needs two minor versions of Python",
                thread::current().name().unwrap_or_default()
            );
            return None;
        };
        let folder = place.cache.path().join("shelf");
        fs::create_dir_all(&folder).unwrap();
        let bound = minor(&newest.version);
        // A wheel for one Python alone, as those with compiled parts are: uv does not heed upper bounds.
        let only_older = format!("cp{}", minor(&older.version).replace('.', ""));
        let specs = [
            "tollany 1.0 >=3 py3".to_owned(),
            format!("tollolder 1.0 >=3 {only_older}"),
            format!("tollnewer 1.0 >={bound} py3"),
            "tolllate 1.0 >=3 py3".to_owned(),
            format!("tolllate 2.0 >=3 {only_older}"),
        ];
        let made = Command::new(&newest.path)
            .args(["-c", MAKE])
            .arg(&folder)
            .args(specs)
            .status()
            .unwrap();
        assert!(made.success());
        place.context = place
            .context
            .with_env("UV_FIND_LINKS", &folder.to_string_lossy())
            .with_env("UV_NO_INDEX", "1");
        let (newest, older) = (newest.version.clone(), older.version.clone());
        Some(Self {
            provisioner: place.provisioner(),
            place,
            newest,
            older,
        })
    }

    fn provide(&self, names: &[&str]) -> Vec<Result<Environment, Failure>> {
        let wanted: Vec<Wanted> = names.iter().map(|name| wanted(&[*name], None)).collect();
        provide(&self.provisioner, &wanted, &|_| {})
    }
}

#[test]
fn the_newest_python_is_taken_where_it_suits_all() {
    let Some(shelf) = Shelf::new() else { return };
    for result in shelf.provide(&["tollany", "tollnewer"]) {
        let environment = result.unwrap();
        assert_eq!(
            (environment.python_version.as_str(), environment.notes.len()),
            (shelf.newest.as_str(), 0)
        );
    }
    assert_eq!(shelf.place.environments().len(), 2);
}

#[test]
fn an_older_python_is_taken_for_all_where_one_needs_it() {
    let Some(shelf) = Shelf::new() else { return };
    for result in shelf.provide(&["tollany", "tollolder"]) {
        let environment = result.unwrap();
        assert_eq!(environment.python_version, shelf.older);
        assert!(
            environment.notes[0].contains(&shelf.newest),
            "{:?}",
            environment.notes
        );
    }
}

#[test]
fn a_python_that_would_get_an_older_release_does_not_suit() {
    let Some(shelf) = Shelf::new() else { return };
    let results = shelf.provide(&["tollany", "tolllate"]);
    let late = results[1].as_ref().unwrap();
    assert_eq!(
        (late.python_version.as_str(), late.version_of("tolllate")),
        (shelf.older.as_str(), Some("2.0"))
    );
}

#[test]
fn where_no_python_suits_all_an_older_release_is_said() {
    let Some(shelf) = Shelf::new() else { return };
    let results = shelf.provide(&["tollnewer", "tolllate"]);
    let late = results[1].as_ref().unwrap();
    assert!(results[0].is_ok());
    assert_eq!(
        (late.python_version.as_str(), late.version_of("tolllate")),
        (shelf.newest.as_str(), Some("1.0"))
    );
    assert!(
        late.notes[0].starts_with(&format!(
            "tolllate 2.0 is to be had for Python {} only",
            shelf.older
        )),
        "{:?}",
        late.notes
    );
}

#[test]
fn what_suits_no_python_does_not_move_the_others() {
    let Some(shelf) = Shelf::new() else { return };
    let results = shelf.provide(&["tollnone", "tollany"]);
    assert_eq!(results[0].as_ref().unwrap_err().code, "no-solution");
    assert_eq!(results[1].as_ref().unwrap().python_version, shelf.newest);
}

#[test]
fn what_cannot_be_built_says_why() {
    let Some(shelf) = Shelf::new() else { return };
    let failure = shelf.provide(&["tollbroken"]).remove(0).unwrap_err();
    assert_eq!(failure.code, "install-failed", "{failure:?}");
    assert!(
        failure
            .log_tail
            .iter()
            .any(|line| line.contains("broken on purpose")),
        "{failure:?}"
    );
}
