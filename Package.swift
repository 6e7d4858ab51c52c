// swift-tools-version: 6.2
import PackageDescription

/// INETD_EMBEDDED=1 builds what is installed: the daemon and its small companions in Embedded Swift, a quarter of the
/// memory of an ordinary build. Without it everything is ordinary Swift: `inetctl`, tests, debugging, sanitizers.
/// `config/package/build-release` gives the embedded build the link flags that a manifest cannot know.
let embedded = Context.environment["INETD_EMBEDDED"] == "1"

/// INETD_FUZZ builds the fuzzers instead of tests, as Tests/Fuzz/run does: 1 for all targets and with the address
/// sanitizer, which the command line asks for; `files` and `wire` with nothing but what those targets are guided by.
let fuzzing = Context.environment["INETD_FUZZ"] != nil
let quickly = ["files", "wire"].first { $0 == Context.environment["INETD_FUZZ"] }

/// INETD_BENCHMARKS=1 adds what Tests/Benchmarks/run measures of the house's own modules, with the installed build's flags.
let measuring = Context.environment["INETD_BENCHMARKS"] == "1"

/// MemberImportVisibility asks for the imports that Embedded Swift needs, so that the ordinary build finds them missing.
let strict: [SwiftSetting] = [.treatAllWarnings(as: .error), .enableUpcomingFeature("MemberImportVisibility")]
let daemon: [SwiftSetting] =
  strict
  + (embedded
    ? [
      .enableExperimentalFeature("Embedded"),
      .unsafeFlags(["-wmo", "-Osize", "-enforce-exclusivity=unchecked", "-Xfrontend", "-function-sections"]),
    ]
    : [])

/// The layers of the house; imports point down only (checked by HouseRulesTests).
let layers: [Target] = [
  // 0: C shims, and the addresses everything speaks of.
  .target(name: "CLinux", cSettings: embedded ? [.define("INETD_EMBEDDED")] : []),
  .target(name: "CSpawn"),
  .target(name: "CSeccomp"),
  .target(name: "CWrap", linkerSettings: [.linkedLibrary("wrap")]),
  .systemLibrary(name: "CTirpc", pkgConfig: "libtirpc", providers: [.apt(["libtirpc-dev"])]),
  .target(name: "CRpcbind", dependencies: ["CTirpc"]),
  .target(name: "NetworkAddresses", swiftSettings: daemon),
  // 1: the one model; the one wrapper of system calls.
  .target(name: "ServiceModel", dependencies: ["NetworkAddresses"], swiftSettings: daemon),
  .target(name: "LinuxSystem", dependencies: ["CLinux", "NetworkAddresses"], swiftSettings: daemon),
  // 2: one capability each.
  .target(name: "ServiceConfiguration", dependencies: ["ServiceModel"], swiftSettings: daemon),
  .target(name: "AdmissionControl", dependencies: ["ServiceModel"], swiftSettings: daemon),
  .target(name: "ControlProtocol", swiftSettings: daemon),
  .target(name: "GateProtocol", swiftSettings: daemon),
  .target(name: "RegistrationProtocol", dependencies: ["NetworkAddresses"], swiftSettings: daemon),
  .target(name: "ProxyProtocol", dependencies: ["NetworkAddresses"], swiftSettings: daemon),
  .target(name: "EventLoop", dependencies: ["LinuxSystem", "CLinux"], swiftSettings: daemon),
  .target(
    name: "ProcessSpawning", dependencies: ["LinuxSystem", "NetworkAddresses", "CLinux", "CSpawn"],
    swiftSettings: daemon),
  .target(
    name: "SystemdIntegration", dependencies: ["LinuxSystem", "NetworkAddresses", "CLinux"], swiftSettings: daemon),
  // 3: the model meets the machine; the engine.
  .target(
    name: "ServiceResolution", dependencies: ["ServiceConfiguration", "LinuxSystem", "CLinux"], swiftSettings: daemon),
  .target(
    name: "SuperServer",
    dependencies: [
      "ServiceResolution", "AdmissionControl", "EventLoop", "ProcessSpawning", "SystemdIntegration", "ControlProtocol",
      "GateProtocol", "RegistrationProtocol", "ProxyProtocol", "CLinux",
    ],
    swiftSettings: daemon),
  // 4: arguments and exit codes.
  .executableTarget(
    name: "inetd",
    dependencies: [
      "SuperServer", "ServiceResolution", "SystemdIntegration", "ControlProtocol", "LinuxSystem", "CLinux",
    ],
    swiftSettings: daemon),
  .executableTarget(
    name: "inetd-generator",
    dependencies: [
      "ServiceResolution", "ServiceConfiguration", "ServiceModel", "LinuxSystem", "NetworkAddresses", "CLinux",
    ],
    swiftSettings: daemon),
  .executableTarget(
    name: "inetd-gate",
    dependencies: ["GateProtocol", "ServiceConfiguration", "LinuxSystem", "CWrap", "CSeccomp", "CLinux"],
    swiftSettings: daemon),
  .executableTarget(
    name: "inetd-rpc", dependencies: ["RegistrationProtocol", "LinuxSystem", "CRpcbind", "CLinux"],
    swiftSettings: daemon),
]

let ordinaryOnly: [Target] = [
  .executableTarget(
    name: "inetctl",
    dependencies: [
      "ServiceResolution", "ControlProtocol", "LinuxSystem",
      .product(name: "ArgumentParser", package: "swift-argument-parser"),
    ],
    swiftSettings: strict),
  .testTarget(name: "LinuxSystemTests", dependencies: ["LinuxSystem", "CLinux"], swiftSettings: strict),
  .testTarget(name: "EventLoopTests", dependencies: ["EventLoop", "LinuxSystem", "CLinux"], swiftSettings: strict),
  .testTarget(
    name: "ProcessSpawningTests", dependencies: ["ProcessSpawning", "CSpawn", "CLinux", "probe-server"],
    swiftSettings: strict),
  .testTarget(
    name: "SystemdIntegrationTests",
    dependencies: ["SystemdIntegration", "LinuxSystem", "NetworkAddresses", "CLinux", "CSystemd"],
    swiftSettings: strict),
  .testTarget(
    name: "SuperServerTests",
    dependencies: ["SuperServer", "SystemdIntegration", "ServiceModel", "LinuxSystem", "NetworkAddresses"],
    swiftSettings: strict),
  .testTarget(name: "AdmissionControlTests", dependencies: ["AdmissionControl"], swiftSettings: strict),
  .testTarget(name: "ControlProtocolTests", dependencies: ["ControlProtocol"], swiftSettings: strict),
  .testTarget(
    name: "GateProtocolTests", dependencies: ["GateProtocol", "ServiceModel", "LinuxSystem", "CSeccomp"],
    swiftSettings: strict),
  .testTarget(name: "NetworkAddressesTests", dependencies: ["NetworkAddresses"], swiftSettings: strict),
  .testTarget(name: "ProxyProtocolTests", dependencies: ["ProxyProtocol", "NetworkAddresses"], swiftSettings: strict),
  .testTarget(name: "ServiceModelTests", dependencies: ["ServiceModel"], swiftSettings: strict),
  .testTarget(
    name: "InetctlTests",
    dependencies: [
      "inetctl", "ServiceConfiguration", "ServiceModel", "ControlProtocol", "LinuxSystem", "NetworkAddresses",
    ],
    swiftSettings: strict),
  .testTarget(
    name: "ServiceConfigurationTests", dependencies: ["ServiceConfiguration"], exclude: ["Cases"],
    swiftSettings: strict),
  .testTarget(name: "ServiceResolutionTests", dependencies: ["ServiceResolution"], swiftSettings: strict),
]

/// Tests of the finished thing: the rules of the house, and the daemon as its users meet it.
let proof: [Target] = [
  .testTarget(name: "HouseRulesTests", swiftSettings: strict),
  .executableTarget(name: "probe-server", path: "Tests/ProbeServer"),
  .executableTarget(name: "flood", path: "Tests/Flood"),
  .target(name: "CTestSupport", path: "Tests/CTestSupport"),
  // What we say to systemd is checked against systemd's own library.
  .target(name: "CSystemd", path: "Tests/CSystemd", linkerSettings: [.linkedLibrary("systemd")]),
  .target(name: "ClockStep", path: "Tests/ClockStep"),
  .testTarget(name: "IntegrationTests", dependencies: ["CTestSupport"], swiftSettings: strict),
]

/// What is thrown at everything that reads bytes from outside: by the fuzzer, and again by tests for what it once found.
let fuzzTargets: [Target] = [
  .target(
    name: "FuzzTargets",
    dependencies: [
      "ServiceConfiguration", "ControlProtocol", "SuperServer", "SystemdIntegration", "NetworkAddresses",
      "ProxyProtocol",
    ],
    path: "Tests/Fuzz/Targets", swiftSettings: strict)
]
let fuzzDriver: [Target] = [
  // No main function of its own: libFuzzer has it.
  .executableTarget(
    name: "fuzz", dependencies: ["FuzzTargets"], path: "Tests/Fuzz/Driver",
    swiftSettings: strict + [.unsafeFlags(["-parse-as-library"])] + (quickly == nil ? [] : [.define("OWN_MAIN")]),
    linkerSettings: quickly == nil ? [] : [.unsafeFlags(["-sanitize=fuzzer"])])
]
let fuzzReplays: [Target] = [
  .testTarget(name: "FuzzReplayTests", dependencies: ["FuzzTargets"], swiftSettings: strict)
]

let measured: [Target] = [
  .executableTarget(
    name: "access-decisions",
    dependencies: ["AdmissionControl", "LinuxSystem", "NetworkAddresses", "ServiceModel", "CLinux"],
    path: "Tests/AccessDecisions", swiftSettings: daemon)
]

// The fuzzer walks through all counters of coverage after each input: only the modules that read have some. Without the
// address sanitizer and without watching each comparison it is several times as fast; it has one thread, which needs no
// atomic counts of references.
if fuzzing {
  let files = ["ServiceModel", "ServiceConfiguration"]
  let wire = ["ControlProtocol", "ProxyProtocol", "SystemdIntegration", "SuperServer"]
  let readers = ["NetworkAddresses"] + (quickly == "wire" ? [] : files) + (quickly == "files" ? [] : wire)
  for layer in layers where readers.contains(layer.name) {
    layer.swiftSettings?.append(
      .unsafeFlags(
        quickly == nil
          ? ["-sanitize-coverage=edge,indirect-calls,trace-cmp,inline-8bit-counters,pc-table"]
          : ["-sanitize=fuzzer", "-sanitize-coverage=edge,inline-8bit-counters,pc-table"]))
  }
  if quickly != nil {
    for layer in layers + fuzzTargets where layer.swiftSettings != nil {
      layer.swiftSettings?.append(.unsafeFlags(["-Xfrontend", "-assume-single-threaded"]))
    }
  }
}

let package = Package(
  name: "inetd",
  products: [
    .executable(name: "inetd", targets: ["inetd"]), .executable(name: "inetd-gate", targets: ["inetd-gate"]),
    .executable(name: "inetd-generator", targets: ["inetd-generator"]),
    .executable(name: "inetd-rpc", targets: ["inetd-rpc"]),
  ]
    + (embedded || fuzzing
      ? []
      : [
        .executable(name: "inetctl", targets: ["inetctl"]),
        // Preloaded by tests of time, which must not set the machine's clock.
        .library(name: "clock-step", type: .dynamic, targets: ["ClockStep"]),
      ]),
  dependencies: embedded || fuzzing
    ? [] : [.package(url: "https://github.com/apple/swift-argument-parser", from: "1.8.2")],
  targets: layers + (measuring ? measured : [])
    + (embedded ? [] : fuzzing ? fuzzTargets + fuzzDriver : ordinaryOnly + proof + fuzzTargets + fuzzReplays),
  swiftLanguageModes: [.v6]
)
