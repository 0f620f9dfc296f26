//! A program in the user's own project: in its folder, with all of the user's environment.

use std::path::PathBuf;

use super::launch::{Home, Launch, Running, StartError};
use super::on_host::OnHost;

/// Python's variable for where it puts what it compiles: never into the project.
const PYCACHE: &str = "PYTHONPYCACHEPREFIX";

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

impl Home for InProject {
    fn start(&self, launch: Launch) -> Result<Box<dyn Running>, StartError> {
        let pycache = (PYCACHE.to_owned(), self.pycache.display().to_string());
        let mut variables = vec![pycache];
        variables.extend(self.variables.iter().cloned());
        variables.extend(launch.variables);
        for (_, path) in variables
            .iter_mut()
            .filter(|(name, _)| name == "PYTHONPATH")
        {
            // The harness first, and then what the user has.
            if let Some(own) = std::env::var_os("PYTHONPATH").filter(|own| !own.is_empty()) {
                *path = format!("{path}:{}", own.to_string_lossy());
            }
        }
        OnHost.start(Launch {
            variables,
            project: Some(self.folder.clone()),
            ..launch
        })
    }
}
