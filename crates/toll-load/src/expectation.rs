//! What a right answer is.

use crate::Fault;

/// The headers of an answer, or why they cannot be read.
pub(crate) type Fields = Result<Vec<(String, Vec<u8>)>, Fault>;

/// What an answer must be to count as a success. Without anything stated, any well-formed 2xx is right.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Expectation {
    /// The exact status. `None`: any 2xx.
    pub status: Option<u16>,
    /// Headers that must be there with exactly these values, names in any case. They are looked at in answers that
    /// are read in full; one that equals an earlier right answer byte by byte has them.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The exact body, after the transfer coding is undone. `None`: any.
    pub body: Option<Vec<u8>>,
}

impl Expectation {
    /// `headers` are asked for only where some are expected; `body_is_right` is what the comparison of the body has
    /// said; true where no body is expected.
    pub(crate) fn judge(
        &self,
        status: u16,
        headers: impl FnOnce() -> Fields,
        body_is_right: bool,
    ) -> Result<(), Fault> {
        let status_is_right = match self.status {
            Some(expected) => status == expected,
            None => (200..300).contains(&status),
        };
        match (
            status_is_right,
            self.headers.is_empty() || self.are_in(&headers()?),
            body_is_right,
        ) {
            (true, true, true) => Ok(()),
            (true, false, _) => Err(Fault::WrongHeader),
            (true, true, false) => Err(Fault::WrongBody),
            (false, ..) => Err(class_of(status)),
        }
    }

    /// Whether a header of that name, in lower case, is expected.
    pub(crate) fn names(&self, name: &str) -> bool {
        self.headers
            .iter()
            .any(|(have, _)| have.eq_ignore_ascii_case(name))
    }

    fn are_in(&self, seen: &[(String, Vec<u8>)]) -> bool {
        let is_there = |(name, value): &(String, Vec<u8>)| {
            seen.iter()
                .any(|(have, with)| have.eq_ignore_ascii_case(name) && with == value)
        };
        self.headers.iter().all(is_there)
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
    fn expected_headers_must_be_there_with_their_values() {
        let marked = Expectation {
            headers: vec![("X-Mark".to_owned(), b"1".to_vec())],
            ..Expectation::default()
        };
        let with = |value: &[u8]| Ok(vec![("x-mark".to_owned(), value.to_vec())]);
        assert_eq!(marked.judge(200, || with(b"1"), true), Ok(()));
        assert_eq!(
            marked.judge(200, || with(b"2"), true),
            Err(Fault::WrongHeader)
        );
        assert_eq!(
            marked.judge(200, || Ok(Vec::new()), true),
            Err(Fault::WrongHeader)
        );
        assert_eq!(
            marked.judge(404, || with(b"1"), true),
            Err(Fault::ClientError)
        );
    }

    #[test]
    fn only_2xx_is_right_by_default() {
        let any = Expectation::default();
        assert_eq!(any.judge(204, || Ok(Vec::new()), true), Ok(()));
        assert_eq!(
            any.judge(302, || Ok(Vec::new()), true),
            Err(Fault::Redirect)
        );
        assert_eq!(
            any.judge(404, || Ok(Vec::new()), true),
            Err(Fault::ClientError)
        );
        assert_eq!(
            any.judge(500, || Ok(Vec::new()), true),
            Err(Fault::ServerError)
        );
    }

    #[test]
    fn a_stated_status_is_exact() {
        let moved = Expectation {
            status: Some(302),
            ..Expectation::default()
        };
        assert_eq!(moved.judge(302, || Ok(Vec::new()), true), Ok(()));
        assert_eq!(
            moved.judge(200, || Ok(Vec::new()), true),
            Err(Fault::WrongStatus)
        );
        assert_eq!(
            moved.judge(302, || Ok(Vec::new()), false),
            Err(Fault::WrongBody)
        );
    }
}
