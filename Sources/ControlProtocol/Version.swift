/// The release, as `--version` and the control socket tell it.
package enum Version {
  package static let number = "1.0"
}
