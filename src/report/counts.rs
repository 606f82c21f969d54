//! Findings counted, for summaries.

use serde::Serialize;

use crate::finding::{Confidence, Finding, Severity};

/// Number of findings of each severity, the worst first.
#[derive(Default, Serialize)]
pub(super) struct BySeverity {
    critical: u64,
    high: u64,
    medium: u64,
    low: u64,
}

impl BySeverity {
    pub(super) fn of(findings: &[Finding]) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            *match finding.severity {
                Severity::Critical => &mut counts.critical,
                Severity::High => &mut counts.high,
                Severity::Medium => &mut counts.medium,
                Severity::Low => &mut counts.low,
            } += 1;
        }
        counts
    }

    /// Severities with their counts, the worst first.
    pub(super) fn pairs(&self) -> [(Severity, u64); 4] {
        [
            (Severity::Critical, self.critical),
            (Severity::High, self.high),
            (Severity::Medium, self.medium),
            (Severity::Low, self.low),
        ]
    }
}

/// Number of findings of each confidence, the surest first.
#[derive(Default, Serialize)]
pub(super) struct ByConfidence {
    high: u64,
    medium: u64,
    low: u64,
}

impl ByConfidence {
    pub(super) fn of(findings: &[Finding]) -> Self {
        let mut counts = Self::default();
        for finding in findings {
            *match finding.confidence {
                Confidence::High => &mut counts.high,
                Confidence::Medium => &mut counts.medium,
                Confidence::Low => &mut counts.low,
            } += 1;
        }
        counts
    }
}
