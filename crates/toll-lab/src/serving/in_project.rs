//! A program in the user's own project: in its folder, with all of the user's environment.

use std::path::PathBuf;

use super::launch::{Home, Launch, Running, StartError};
use super::on_host::OnHost;

/// Python's variable for where it puts what it compiles: never into the project.
const PYCACHE: &str = "PYTHONPYCACHEPREFIX";

/// Python's variable for where it looks for modules.
const PATH: &str = "PYTHONPATH";

/// The project.
#[derive(Debug, Clone)]
pub struct InProject {
    /// Its folder.
    pub folder: PathBuf,
    /// Where Python keeps what it compiles.
    pub pycache: PathBuf,
    /// What else the application is told, by name.
    pub variables: Vec<(String, String)>,
}

impl InProject {
    /// Where the user has Python look for modules: what is told to the application, else the shell's.
    fn own_path(&self) -> Option<String> {
        let told = self.variables.iter().find(|(name, _)| name == PATH);
        let told = told.map(|(_, path)| path.clone());
        told.or_else(|| std::env::var(PATH).ok())
            .filter(|path| !path.is_empty())
    }
}

impl Home for InProject {
    fn start(&self, launch: Launch) -> Result<Box<dyn Running>, StartError> {
        let pycache = (PYCACHE.to_owned(), self.pycache.display().to_string());
        let mut variables = vec![pycache];
        let others = self.variables.iter().filter(|(name, _)| name != PATH);
        variables.extend(others.cloned());
        variables.extend(launch.variables);
        // The harness first, and then what the user has.
        let own = self.own_path();
        for (_, path) in variables.iter_mut().filter(|(name, _)| name == PATH) {
            if let Some(own) = &own {
                *path = format!("{path}:{own}");
            }
        }
        OnHost.start(Launch {
            variables,
            project: Some(self.folder.clone()),
            ..launch
        })
    }
}
