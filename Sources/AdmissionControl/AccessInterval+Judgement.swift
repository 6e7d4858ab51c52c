import ServiceModel

extension AccessInterval {
  /// Whether a minute of the day (0 ... 1439) lies in the interval; its end does not.
  package func contains(_ minute: Int) -> Bool {
    start <= end ? minute >= start && minute < end : minute >= start || minute < end
  }
}
