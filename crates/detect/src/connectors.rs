//! Which data connector of Microsoft Sentinel brings which table. It must not know rules or queries.

/// A connector's identifier, as rules write it, its name, as the portal shows it, and the tables that it brings.
type Connector = (&'static str, &'static str, &'static [&'static str]);

/// The connectors of Microsoft's own tables.
const CONNECTORS: &[Connector] = &[
    (
        "AzureActiveDirectory",
        "Microsoft Entra ID",
        &[
            "SigninLogs",
            "AuditLogs",
            "AADNonInteractiveUserSignInLogs",
            "AADServicePrincipalSignInLogs",
            "AADManagedIdentitySignInLogs",
            "AADProvisioningLogs",
            "ADFSSignInLogs",
            "AADUserRiskEvents",
            "AADRiskyUsers",
            "AADServicePrincipalRiskEvents",
            "AADRiskyServicePrincipals",
        ],
    ),
    (
        "MicrosoftThreatProtection",
        "Microsoft Defender XDR",
        &[
            "AlertEvidence",
            "AlertInfo",
            "CloudAppEvents",
            "DeviceEvents",
            "DeviceFileCertificateInfo",
            "DeviceFileEvents",
            "DeviceImageLoadEvents",
            "DeviceInfo",
            "DeviceLogonEvents",
            "DeviceNetworkEvents",
            "DeviceNetworkInfo",
            "DeviceProcessEvents",
            "DeviceRegistryEvents",
            "EmailAttachmentInfo",
            "EmailEvents",
            "EmailPostDeliveryEvents",
            "EmailUrlInfo",
            "IdentityDirectoryEvents",
            "IdentityLogonEvents",
            "IdentityQueryEvents",
            "UrlClickEvents",
        ],
    ),
    ("Office365", "Microsoft 365", &["OfficeActivity"]),
    ("SecurityEvents", "Windows Security Events", &["SecurityEvent"]),
    ("WindowsForwardedEvents", "Windows Forwarded Events", &["WindowsEvent"]),
    ("WindowsFirewall", "Windows Firewall", &["WindowsFirewall"]),
    ("AzureActivity", "Azure Activity", &["AzureActivity"]),
    (
        "AzureFirewall",
        "Azure Firewall",
        &["AZFWApplicationRule", "AZFWDnsQuery", "AZFWIdpsSignature", "AZFWNatRule", "AZFWNetworkRule"],
    ),
    ("AWSS3", "Amazon Web Services S3", &["AWSCloudTrail", "AWSCloudWatch", "AWSGuardDuty", "AWSVPCFlow"]),
    ("Syslog", "Syslog", &["Syslog"]),
    ("CEF", "Common Event Format", &["CommonSecurityLog"]),
    ("DNS", "DNS", &["DnsEvents", "DnsInventory"]),
    (
        "ThreatIntelligence",
        "Threat Intelligence Platforms",
        &["ThreatIntelligenceIndicator", "ThreatIntelIndicators", "ThreatIntelObjects"],
    ),
    (
        "BehaviorAnalytics",
        "User and Entity Behavior Analytics",
        &["BehaviorAnalytics", "IdentityInfo", "UserPeerAnalytics"],
    ),
    ("Dynamics365", "Dynamics 365", &["Dynamics365Activity"]),
    ("GCPAuditLogsDefinition", "GCP Pub/Sub Audit Logs", &["GCPAuditLogs"]),
    ("OfficePowerBI", "Microsoft Power BI", &["PowerBIActivity"]),
];

/// The data connector that brings a table: its identifier, as `requiredDataConnectors` of rules has it, and its name. `None`
/// if the table is not known to come from one.
///
/// ```
/// let connector = kqlite_detect::connector_of("EmailEvents");
/// assert_eq!(connector, Some(("MicrosoftThreatProtection", "Microsoft Defender XDR")));
/// ```
#[must_use]
pub fn connector_of(table: &str) -> Option<(&'static str, &'static str)> {
    CONNECTORS.iter().find(|(.., tables)| tables.contains(&table)).map(|(id, name, _)| (*id, *name))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn connectors_bring_tables_that_are_known_and_each_once() {
        let mut tables: Vec<&str> = CONNECTORS.iter().flat_map(|(.., tables)| *tables).copied().collect();
        for table in &tables {
            assert!(crate::schema_of(table).is_some(), "{table}");
        }
        let count = tables.len();
        tables.sort_unstable();
        tables.dedup();
        assert_eq!(tables.len(), count);
        assert_eq!(connector_of("T"), None);
    }
}
