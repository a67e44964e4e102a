# frozen_string_literal: true

# Gives a file to the gradebook importer of Canvas, and prints as JSON what it reads out of it: `assignments`, with what
# they are worth; `students`, by their id in Canvas (below 0: it knows no such student, and would make one), with their
# `grades`.
#
#     ruby canvas.rb CANVAS FILE SIS_ID=NAME...
#
# CANVAS is Canvas's source, of which lib/gradebook_importer.rb is read; the others are the course's students. Each row goes
# through the importer's own reader, as in its parse!; what it asks of the rest of Canvas is answered here: a course
# without assignments, its students, no columns of its own. ActiveSupport is wanted. Nothing is saved.

require "active_support"
require "active_support/core_ext"
require "csv"
require "json"
require "ostruct"
require "set"

class Assignment
  attr_accessor :id, :previous_id, :title, :points_possible

  # A column of one that is there is "title (id)".
  def self.title_and_id(text)
    title, _, last = text.rpartition(" (")
    number = Integer(last.delete_suffix(")"), 10, exception: false)
    last.end_with?(")") && number ? [title, number.to_s] : [text, nil]
  end

  def initialize(title:)
    @title = title
  end

  def new_record?
    @previous_id.nil?
  end
end

class User
  attr_accessor :id, :previous_id, :name

  def initialize(name:, id: nil)
    @name = name
    @id = id
    @is_new = id.nil?
  end

  def sortable_name
    name
  end

  def new_record?
    @is_new
  end
end

class GradingPeriod
  def self.for(_course)
    []
  end
end

# Whatever a query is narrowed by, it gives these.
class Rows
  def initialize(rows)
    @rows = rows
  end

  def to_a
    @rows
  end

  %i[active select where].each { |name| define_method(name) { |*| self } }
end

canvas, file, *known = ARGV
require File.join(File.expand_path(canvas), "lib/gradebook_importer")

students = {}
logins = known.each_with_index.map do |pair, index|
  sis_id, name = pair.split("=", 2)
  students[100 + index] = User.new(name:, id: 100 + index)
  OpenStruct.new(id: index, unique_id: "login-#{index}", sis_user_id: sis_id, user_id: 100 + index)
end
shard = Object.new
def shard.activate
  yield
end
course = OpenStruct.new(root_account: OpenStruct.new(id: 1, shard:, pseudonyms: Rows.new(logins)),
                        custom_gradebook_columns: Rows.new([]), account: OpenStruct.new,
                        allow_final_grade_override?: false)
attachment = OpenStruct.new
attachment.define_singleton_method(:open) { File.open(file) }

importer = GradebookImporter.allocate
{
  context: course, attachment:, all_assignments: {}, all_students: students, assigned_assignments: {}, root_accounts: {},
  pseudonyms_by_sis_id: {}, pseudonyms_by_login_id: {}, students: [], pp_row: [], parsed_custom_column_data: {},
  gradebook_importer_assignments: {}, gradebook_importer_custom_columns: {}, has_student_first_last_names: false
}.each { |name, value| importer.instance_variable_set("@#{name}", value) }

read = []
importer.send(:csv_stream) do |row|
  next if importer.send(:check_for_non_student_row, row)

  student = importer.process_student(row)
  importer.process_submissions(row, student)
  grades = importer.instance_variable_get(:@gradebook_importer_assignments)[student.id].map { |one| one["grade"] }
  read << { id: student.id, name: student.name, grades: }
end
assignments = importer.assignments.map { |one| { title: one.title, points: one.points_possible } }
puts JSON.generate({ assignments:, students: read })
