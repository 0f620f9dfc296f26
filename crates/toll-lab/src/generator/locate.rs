//! Where the programs are.

use std::env;
use std::ffi::OsString;
use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use super::{Generator, GeneratorError};

/// Where programs may be.
pub(super) struct Places {
    /// The program itself, as the user names it.
    pub(super) named: Option<OsString>,
    /// `PATH`.
    pub(super) path: Option<OsString>,
    /// The home folder.
    pub(super) home: Option<PathBuf>,
}

impl Places {
    /// Those of this process.
    pub(super) fn of(generator: &dyn Generator) -> Self {
        Self {
            named: env::var_os(generator.variable()).filter(|value| !value.is_empty()),
            path: env::var_os("PATH"),
            home: env::home_dir(),
        }
    }

    /// The program of a generator. One that is named is the only one that is looked for.
    pub(super) fn find(&self, generator: &dyn Generator) -> Result<PathBuf, GeneratorError> {
        if let Some(named) = &self.named {
            let path = PathBuf::from(named);
            let looked = || format!("{} says {}", generator.variable(), path.display());
            return if is_program(&path) {
                Ok(path)
            } else {
                Err(missing(generator, looked()))
            };
        }
        let home_folder = generator.home_folder();
        let at_home = self.home.as_ref().zip(home_folder);
        let folders = self
            .path
            .iter()
            .flat_map(env::split_paths)
            .chain(at_home.map(|(home, folder)| home.join(folder)));
        folders
            .map(|folder| folder.join(generator.name()))
            .find(|path| is_program(path))
            .ok_or_else(|| {
                let beside = home_folder.map(|folder| format!(" and ~/{folder}"));
                let beside = beside.unwrap_or_default();
                missing(generator, format!("looked on PATH{beside}"))
            })
    }
}

fn missing(generator: &dyn Generator, looked: String) -> GeneratorError {
    GeneratorError::Missing {
        name: generator.name(),
        looked,
        how_to_get: generator.how_to_get(),
        variable: generator.variable(),
    }
}

fn is_program(path: &Path) -> bool {
    fs::metadata(path).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::generator::named;

    fn program(folder: &Path, name: &str, mode: u32) -> PathBuf {
        fs::create_dir_all(folder).unwrap();
        let path = folder.join(name);
        fs::write(&path, "").unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        path
    }

    #[test]
    fn a_program_is_found_on_the_path_before_the_home_folder() {
        let folder = tempfile::tempdir().unwrap();
        let bombardier = named("bombardier").unwrap();
        let at_home = program(&folder.path().join("go/bin"), "bombardier", 0o755);
        program(&folder.path().join("plain"), "bombardier", 0o644);
        let mut places = Places {
            named: None,
            path: Some(folder.path().join("plain").into()),
            home: Some(folder.path().to_owned()),
        };
        assert_eq!(places.find(bombardier).unwrap(), at_home);
        let on_path = program(&folder.path().join("bin"), "bombardier", 0o755);
        places.path = Some(folder.path().join("bin").into());
        assert_eq!(places.find(bombardier).unwrap(), on_path);
    }

    #[test]
    fn one_that_is_named_wrongly_is_not_replaced_by_another() {
        let folder = tempfile::tempdir().unwrap();
        program(folder.path(), "wrk", 0o755);
        let places = Places {
            named: Some("/nonexistent".into()),
            path: Some(folder.path().into()),
            home: None,
        };
        let error = places.find(named("wrk").unwrap()).unwrap_err().to_string();
        assert_eq!(
            error,
            "the load generator wrk was not found (ASGI_TOLL_WRK says /nonexistent); install it with `apt install wrk`, or set ASGI_TOLL_WRK to the path of the program"
        );
    }
}
