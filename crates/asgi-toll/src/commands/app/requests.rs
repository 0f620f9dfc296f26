//! From what is typed to the requests that are made.

use anyhow::{anyhow, bail};
use toll_core::workload::{BodyCheck, Protocol, Workload};

use crate::cli::AppArgs;
use crate::settings::text_or_file;

/// Methods whose requests have no body.
const WITHOUT_BODY: [&str; 3] = ["GET", "HEAD", "OPTIONS"];

/// Every request that was asked for; a workload's name is what the user wrote.
pub(super) fn requests(args: &AppArgs) -> anyhow::Result<Vec<Workload>> {
    let headers = headers(&args.headers)?;
    let body = args.body.as_deref().map(text_or_file).transpose()?;
    let mut requests: Vec<Workload> = Vec::new();
    for text in &args.requests {
        let request = request(text, &headers, body.as_deref())?;
        if requests.iter().any(|known| known.name == request.name) {
            bail!("--request '{}' is there twice", request.name);
        }
        requests.push(request);
    }
    let all_without = requests.iter().all(|request| request.body.is_empty());
    if body.as_ref().is_some_and(|body| !body.is_empty()) && all_without {
        bail!("--body belongs to a request with a body, such as --request 'POST /login'");
    }
    Ok(requests)
}

fn request(
    text: &str,
    headers: &[(String, String)],
    body: Option<&[u8]>,
) -> anyhow::Result<Workload> {
    let wrong =
        || anyhow!("`{text}` is no request; write a method and a path, such as 'GET /items/1'");
    let mut words = text.split_whitespace();
    let (method, path) = match (words.next(), words.next(), words.next()) {
        (Some(path), None, None) if path.starts_with('/') => ("GET".to_owned(), path),
        (Some(method), Some(path), None) if path.starts_with('/') => {
            (method.to_ascii_uppercase(), path)
        }
        _ => return Err(wrong()),
    };
    let is_token = |c: char| c.is_ascii_alphabetic() || c == '-';
    if !method.chars().all(is_token) || !path.is_ascii() {
        return Err(wrong());
    }
    let body = if WITHOUT_BODY.contains(&method.as_str()) {
        Vec::new()
    } else {
        body.unwrap_or_default().to_vec()
    };
    Ok(Workload {
        name: format!("{method} {path}"),
        protocol: Protocol::Http,
        method,
        path: path.to_owned(),
        headers: headers.to_vec(),
        body,
        pieces: 1,
        status: 200,
        content_type: None,
        check: BodyCheck::Any,
        marks_in: None,
        images_only: false,
    })
}

fn headers(texts: &[String]) -> anyhow::Result<Vec<(String, String)>> {
    texts
        .iter()
        .map(|text| {
            // The value is not repeated: it may be a secret.
            let (name, value) = text.split_once(':').ok_or_else(|| {
                anyhow!("a --header is not `name: value`: there is no colon in it")
            })?;
            Ok((name.trim().to_owned(), value.trim().to_owned()))
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn requests_are_read_or_refused() {
        let read = |text| request(text, &[], Some(b"{}")).map(|request| request.name);
        assert_eq!(read("get /items/1").unwrap(), "GET /items/1");
        assert_eq!(read("/items").unwrap(), "GET /items");
        for wrong in ["", "GET", "GET items", "GET /a b", "GET /é"] {
            let error = read(wrong).unwrap_err().to_string();
            assert!(error.contains("such as 'GET /items/1'"), "{wrong}: {error}");
        }
        let body = |text| request(text, &[], Some(b"{}")).unwrap().body;
        assert_eq!((body("GET /").len(), body("POST /").len()), (0, 2));
    }
}
