//! What a right answer is.

use crate::Fault;

/// What an answer must be to count as a success. Without anything stated, any well-formed 2xx is right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The exact status. `None`: any 2xx.
    pub status: Option<u16>,
    /// The exact body, after the transfer coding is undone. `None`: any.
    pub body: Option<Vec<u8>>,
}

impl Expectation {
    /// `body_is_right` is what the comparison of the body has said; true where no body is expected.
    pub(crate) fn judge(&self, status: u16, body_is_right: bool) -> Result<(), Fault> {
        let status_is_right = match self.status {
            Some(expected) => status == expected,
            None => (200..300).contains(&status),
        };
        match (status_is_right, body_is_right) {
            (true, true) => Ok(()),
            (true, false) => Err(Fault::WrongBody),
            (false, _) => Err(class_of(status)),
        }
    }
}

fn class_of(status: u16) -> Fault {
    match status {
        300..400 => Fault::Redirect,
        400..500 => Fault::ClientError,
        500..600 => Fault::ServerError,
        _ => Fault::WrongStatus,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_2xx_is_right_by_default() {
        let any = Expectation::default();
        assert_eq!(any.judge(204, true), Ok(()));
        assert_eq!(any.judge(302, true), Err(Fault::Redirect));
        assert_eq!(any.judge(404, true), Err(Fault::ClientError));
        assert_eq!(any.judge(500, true), Err(Fault::ServerError));
    }

    #[test]
    fn a_stated_status_is_exact() {
        let moved = Expectation {
            status: Some(302),
            body: None,
        };
        assert_eq!(moved.judge(302, true), Ok(()));
        assert_eq!(moved.judge(200, true), Err(Fault::WrongStatus));
        assert_eq!(moved.judge(302, false), Err(Fault::WrongBody));
    }
}
