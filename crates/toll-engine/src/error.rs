//! What can go wrong with an engine.

use crate::endpoint::EndpointError;

/// Why the engine did not do what it was asked for.
#[derive(Debug, Clone, thiserror::Error)]
pub enum EngineError {
    /// It is not known where an engine would be.
    #[error(transparent)]
    Endpoint(#[from] EndpointError),
    /// There is no engine.
    #[error(
        "no container engine answers at {endpoint} ({why}); start one (`systemctl start docker`, `podman system service`), or name another with DOCKER_HOST"
    )]
    NoEngine {
        /// Where it was looked for.
        endpoint: String,
        /// What the system said.
        why: String,
    },
    /// There is one, and this user may not use it.
    #[error(
        "no permission to use the container engine at {endpoint}; add yourself to its group (`sudo usermod -aG docker $USER`, then log in again), or use a rootless engine"
    )]
    NoPermission {
        /// Where it is.
        endpoint: String,
    },
    /// It stopped answering in the middle.
    #[error("the container engine does not answer: {0}")]
    Gone(String),
    /// The disk of the engine is full.
    #[error("the container engine has no space left: {0}; `docker system df` shows what takes it")]
    DiskFull(String),
    /// There is no such image, and it cannot be pulled.
    #[error("the image {name} is not here and cannot be pulled: {why}")]
    NoImage {
        /// The image.
        name: String,
        /// What the engine said.
        why: String,
    },
    /// An image does not build.
    #[error("the image does not build: {why}")]
    Build {
        /// What the engine said.
        why: String,
        /// The last lines of the build.
        lines: Vec<String>,
    },
    /// The engine said no.
    #[error("the container engine refused: {message}")]
    Refused {
        /// Its HTTP status.
        status: u16,
        /// Its words.
        message: String,
    },
    /// It was stopped from outside.
    #[error("interrupted")]
    Interrupted,
    /// Something on this side.
    #[error("{0}")]
    Here(String),
}

impl From<bollard::errors::Error> for EngineError {
    fn from(error: bollard::errors::Error) -> Self {
        use bollard::errors::Error;
        match error {
            Error::DockerResponseServerError {
                status_code,
                message,
            } => refused(status_code, message),
            Error::DockerStreamError { error } => refused(500, error),
            // Whatever else it is, the connection carried no answer.
            other => Self::Gone(in_full(&other)),
        }
    }
}

fn refused(status: u16, message: String) -> EngineError {
    if message.contains("no space left on device") {
        EngineError::DiskFull(message)
    } else {
        EngineError::Refused { status, message }
    }
}

/// An error with what caused it: the client's own words alone say little.
fn in_full(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        let cause_text = cause.to_string();
        if !text.contains(&cause_text) {
            text = format!("{text}: {cause_text}");
        }
        next = cause.source();
    }
    text
}

impl EngineError {
    /// Whether what was asked for is not there.
    pub fn is_not_found(&self) -> bool {
        matches!(self, Self::Refused { status: 404, .. })
    }

    /// Whether it is being done already, such as a removal.
    pub fn is_conflict(&self) -> bool {
        matches!(self, Self::Refused { status: 409, .. })
    }

    /// Whether another program has the port.
    pub fn is_port_taken(&self) -> bool {
        const SIGNS: [&str; 2] = ["port is already allocated", "address already in use"];
        matches!(self, Self::Refused { message, .. } if SIGNS.iter().any(|sign| message.contains(sign)))
    }
}
