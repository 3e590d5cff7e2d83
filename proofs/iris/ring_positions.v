(* SPDX-License-Identifier: BSL-1.0 *)
(** Positions of a ring: sluice/detail/ring_position.hpp, for any capacity.

    A ticket is a natural number: the n-th push or pop of the ring. A word is how the source writes it:

      | lap ............ | index of the slot | mark |        lap size 2^b, index < capacity, mark in bit 0

    First what the proofs of the rings use, over unbounded integers; then why 64-bit words, which wrap around, answer
    every question of the source in the same way while no operation is overtaken by half of all words. *)
From iris.prelude Require Import prelude.
From Coq Require Import ZArith.
Local Open Scope Z_scope.

(** ** Laps and slots of tickets *)
Section tickets.
  Local Open Scope nat_scope.
  Lemma lap_lt n i k k' : n * k' + i < n * k + i → k' < k. Proof. nia. Qed.
  Lemma lap_le n i k k' : n * k' + i < n * k + i + n → k' <= k. Proof. nia. Qed.
  Lemma slot_eq n i j k k' : i < n → j < n → n * k + i = n * k' + j → i = j.
  Proof. intros ?? E. by destruct (Nat.div_mod_unique n k k' i j) as [_ ?]. Qed.
  Lemma slot_eq' n i j k k' : i < n → j < n → n * k + i = n * k' + j + n → i = j.
  Proof. intros ?? E. apply (slot_eq n i j k (k'+1)); lia. Qed.
  Lemma ticket_div n k i : i < n → (n * k + i) `div` n = k.
  Proof. intros. symmetry. by apply (Nat.div_unique _ _ _ i). Qed.
  Lemma ticket_mod n k i : i < n → (n * k + i) `mod` n = i.
  Proof. intros. symmetry. by apply (Nat.mod_unique _ _ k). Qed.
  Lemma ticket_split n t : 0 < n → ∃ k i, i < n ∧ t = n * k + i.
  Proof.
    intros. exists (t `div` n), (t `mod` n). split; [apply Nat.mod_upper_bound; lia|]. apply Nat.div_mod. lia.
  Qed.
End tickets.

(** ** Words, unbounded: what an index word holds, and what a turn holds *)
Section words.
  Context (n : nat) (lap : Z) (Hn : (0 < n)%nat) (Heven : lap `mod` 2 = 0) (Hlap : 2 * n ≤ lap).

  (** the word of a ticket, and with its mark *)
  Definition place (t : nat) : Z := lap * (t `div` n)%nat + 2 * (t `mod` n)%nat.
  Definition word (t : nat) (marked : bool) : Z := place t + (if marked then 1 else 0).

  Local Lemma mod_lt t : (t `mod` n < n)%nat. Proof. apply Nat.mod_upper_bound. lia. Qed.
  Lemma place_nonneg t : 0 ≤ place t. Proof. unfold place. nia. Qed.

  Lemma place_rem t : place t `rem` lap = 2 * (t `mod` n)%nat.
  Proof.
    pose proof (place_nonneg t). pose proof (mod_lt t). rewrite Z.rem_mod_nonneg; [|lia..].
    unfold place. rewrite (Z.add_comm (lap * _)) (Z.mul_comm lap) Z_mod_plus_full. apply Z.mod_small. lia.
  Qed.
  Lemma place_lap t : place t - place t `rem` lap = lap * (t `div` n)%nat.
  Proof. rewrite place_rem. unfold place. lia. Qed.
  Lemma place_index t : (place t `rem` lap) `quot` 2 = (t `mod` n)%nat.
  Proof. rewrite place_rem Z.mul_comm Z.quot_mul; lia. Qed.

  Lemma place_next t :
    (if bool_decide (place t `rem` lap = 2 * (n - 1)) then place t - place t `rem` lap + lap else place t + 2)
    = place (S t).
  Proof.
    destruct (ticket_split n t) as (k & i & Hi & ->); [done|]. rewrite place_rem. unfold place.
    rewrite ticket_div // ticket_mod //. case_bool_decide as E.
    - assert (S (n * k + i) = n * (k + 1) + 0)%nat as -> by lia. rewrite ticket_div // ticket_mod //. lia.
    - assert (S (n * k + i) = n * k + S i)%nat as -> by lia. rewrite ticket_div ?ticket_mod; lia.
  Qed.

  Lemma place_lap_after t : place (t + n) = place t + lap.
  Proof.
    destruct (ticket_split n t) as (k & i & Hi & ->); [done|].
    assert (n * k + i + n = n * (k + 1) + i)%nat as -> by lia.
    unfold place. rewrite !ticket_div // !ticket_mod //. lia.
  Qed.

  Lemma place_lt t t' : (t < t')%nat → place t < place t'.
  Proof.
    intros. destruct (ticket_split n t) as (k & i & Hi & ->); [done|].
    destruct (ticket_split n t') as (k' & i' & Hi' & ->); [done|].
    unfold place. rewrite !ticket_div // !ticket_mod //.
    destruct (decide (k = k')) as [->|]; [lia|]. assert (k < k')%nat by nia. nia.
  Qed.
  Lemma place_inj t t' : place t = place t' → t = t'.
  Proof.
    intros E. destruct (Nat.lt_total t t') as [H%place_lt|[?|H%place_lt]]; [lia|done|lia].
  Qed.
  Lemma place_full h t : place h = place t - lap ↔ t = (h + n)%nat.
  Proof.
    split.
    - intros E. apply place_inj. rewrite place_lap_after. lia.
    - intros ->. rewrite place_lap_after. lia.
  Qed.

  Lemma place_even t : place t `mod` 2 = 0.
  Proof.
    unfold place. rewrite Z.add_mod; [|lia]. rewrite (Z.mul_mod lap); [|lia]. rewrite Heven Z.mul_0_l.
    by rewrite Z.mul_comm Z_mod_mult.
  Qed.
  Lemma word_mark t (m : bool) : word t m `rem` 2 = if m then 1 else 0.
  Proof.
    pose proof (place_nonneg t). unfold word. rewrite Z.rem_mod_nonneg; [|destruct m; lia..].
    rewrite Z.add_mod; [|lia]. rewrite place_even. by destruct m.
  Qed.
  Lemma word_inj t t' m m' : word t m = word t' m' → t = t' ∧ m = m'.
  Proof.
    intros E. assert (m = m') as ->.
    { pose proof (word_mark t m) as H. rewrite E word_mark in H. by destruct m, m'. }
    split; [|done]. apply place_inj. unfold word in E. lia.
  Qed.
  Lemma word_place t m : word t m = place t ↔ m = false.
  Proof. unfold word. destruct m; split; intros; try done; lia. Qed.
End words.

(** ** Words of 64 bits

    The functions of ring_position.hpp on machine words: and-not, shift, or, and arithmetic modulo 2^64. *)
Definition W : Z := 2 ^ 64.
Definition low b : Z := Z.ones b.                            (* low_: the bits below the lap *)
Definition m_lap b x : Z := Z.ldiff x (low b).               (* pos & ~low_ *)
Definition m_index b x : Z := Z.shiftr (Z.land x (low b)) 1. (* (pos & low_) >> 1 *)
Definition m_next b n x : Z :=                               (* (pos & low_) == last_ ? (pos | low_) + 1 : pos + 2 *)
  if Z.land x (low b) =? 2 * (n - 1) then (Z.lor x (low b) + 1) `mod` W else (x + 2) `mod` W.
Definition m_lap_before b x : Z := (x - low b - 1) `mod` W.
Definition m_lap_after b x : Z := (x + low b + 1) `mod` W.
Definition signed x : Z := if x <? 2 ^ 63 then x else x - W.
Definition m_distance x y : Z := signed ((x - y) `mod` W).   (* static_cast<int64_t>(a - b) *)

Section machine.
  Context (n : nat) (b : Z) (Hn : (0 < n)%nat) (Hb : 1 ≤ b ≤ 64) (Hlap : 2 * n ≤ 2 ^ b).
  Notation place := (place n (2 ^ b)).

  Lemma low_bits x : Z.land x (low b) = x `mod` 2 ^ b.
  Proof. apply Z.land_ones. lia. Qed.
  Lemma lap_bits x : m_lap b x = x - x `mod` 2 ^ b.
  Proof.
    unfold m_lap, low. rewrite Z.ldiff_ones_r; [|lia]. rewrite Z.shiftl_mul_pow2; [|lia].
    rewrite Z.shiftr_div_pow2; [|lia]. pose proof (Z.div_mod x (2 ^ b)). lia.
  Qed.
  Lemma lor_low x : Z.lor x (low b) + 1 = x - x `mod` 2 ^ b + 2 ^ b.
  Proof.
    assert (Z.lor x (low b) = m_lap b x + low b) as ->.
    { unfold m_lap. rewrite Z.add_nocarry_lxor; [rewrite Z.lxor_lor|].
      - apply Z.bits_inj'. intros i _. rewrite !Z.lor_spec Z.ldiff_spec.
        destruct (Z.testbit x i), (Z.testbit (low b) i); done.
      - apply Z.bits_inj'. intros i _. rewrite Z.land_spec Z.ldiff_spec Z.bits_0.
        destruct (Z.testbit x i), (Z.testbit (low b) i); done.
      - apply Z.bits_inj'. intros i _. rewrite Z.land_spec Z.ldiff_spec Z.bits_0.
        destruct (Z.testbit x i), (Z.testbit (low b) i); done. }
    rewrite lap_bits /low Z.ones_equiv. lia.
  Qed.

  Lemma divides_W x : (x `mod` W) `mod` 2 ^ b = x `mod` 2 ^ b.
  Proof.
    symmetry. rewrite {1}(Z.div_mod x W); [|done]. unfold W. replace (2 ^ 64) with (2 ^ b * 2 ^ (64 - b)).
    - rewrite -Z.mul_assoc Z.mul_comm Z.add_comm Z_mod_plus_full. done.
    - rewrite -Z.pow_add_r; [|lia..]. f_equal. lia.
  Qed.

  (** the index, the lap, the next position and those of the laps beside it are those of the ticket, modulo 2^64 *)
  Lemma machine_index t : m_index b (place t `mod` W) = (t `mod` n)%nat.
  Proof.
    unfold m_index. rewrite low_bits divides_W Z.shiftr_div_pow2; [|lia].
    rewrite -Z.rem_mod_nonneg; [|by apply place_nonneg|lia]. rewrite place_rem //.
    by rewrite Z.pow_1_r Z.mul_comm Z.div_mul.
  Qed.
  Lemma machine_lap t : m_lap b (place t `mod` W) = (2 ^ b * (t `div` n)%nat) `mod` W.
  Proof.
    pose proof (place_nonneg n (2 ^ b) Hn Hlap t). pose proof (Z.pow_pos_nonneg 2 b).
    rewrite lap_bits -(place_lap n) // Z.rem_mod_nonneg; [|lia..].
    rewrite -(divides_W (place t)). pose proof (Z.mod_pos_bound (place t) W eq_refl) as Hw.
    pose proof (Z.mod_pos_bound (place t `mod` W) (2 ^ b) ltac:(lia)).
    pose proof (Z.mod_le (place t `mod` W) (2 ^ b) ltac:(lia) ltac:(lia)).
    rewrite -(Z.mod_small (place t `mod` W - (place t `mod` W) `mod` 2 ^ b) W); [|lia].
    by rewrite Zminus_mod_idemp_l.
  Qed.
  Lemma machine_next t : m_next b n (place t `mod` W) = place (S t) `mod` W.
  Proof.
    pose proof (place_nonneg n (2 ^ b) Hn Hlap t). pose proof (Z.pow_pos_nonneg 2 b).
    rewrite -(place_next n) // /m_next low_bits divides_W.
    rewrite -Z.rem_mod_nonneg; [|lia..]. rewrite lor_low divides_W.
    case_bool_decide as E.
    - rewrite (proj2 (Z.eqb_eq _ _) E) -(Z.rem_mod_nonneg (place t) (2 ^ b)); [|lia..].
      rewrite -(Z.add_mod_idemp_l (_ - _)) // Zminus_mod_idemp_l Z.add_mod_idemp_l //.
    - rewrite (proj2 (Z.eqb_neq _ _) E). by rewrite Z.add_mod_idemp_l.
  Qed.
  Lemma machine_lap_after t : m_lap_after b (place t `mod` W) = place (t + n) `mod` W.
  Proof.
    unfold m_lap_after, low. rewrite place_lap_after // Z.ones_equiv -Z.add_assoc Z.add_mod_idemp_l //.
    do 2 f_equal. lia.
  Qed.
  Lemma machine_lap_before t : m_lap_before b (place t `mod` W) = (place t - 2 ^ b) `mod` W.
  Proof.
    unfold m_lap_before, low. rewrite Z.ones_equiv -Z.sub_add_distr Zminus_mod_idemp_l. do 2 f_equal. lia.
  Qed.
End machine.

(** two words are equal as 64-bit words if and only if they are, unless they lie a whole turn of the word apart *)
Lemma machine_equal x y : Z.abs (x - y) < W → (x `mod` W = y `mod` W ↔ x = y).
Proof.
  intros Hd. split; [|by intros ->]. intros E.
  assert ((x - y) `mod` W = 0) as E' by (rewrite Zminus_mod E Z.sub_diag; done).
  apply Z.mod_divide in E' as [q Hq]; [|done]. unfold W in *. nia.
Qed.
(** the signed difference tells which of two words is ahead, and by how much, up to half a turn *)
Lemma machine_distance x y : - 2 ^ 63 ≤ x - y < 2 ^ 63 → m_distance (x `mod` W) (y `mod` W) = x - y.
Proof.
  intros Hd. unfold m_distance, signed. rewrite -Zminus_mod.
  destruct (decide (0 ≤ x - y)).
  - rewrite Z.mod_small; [|unfold W; lia]. rewrite (proj2 (Z.ltb_lt _ _)); lia.
  - assert ((x - y) `mod` W = x - y + W) as ->.
    { rewrite -(Z.mod_small (x - y + W) W); [|unfold W; lia].
      rewrite -{2}(Z.mul_1_l W) Z_mod_plus_full. done. }
    rewrite (proj2 (Z.ltb_ge _ _)); unfold W in *; lia.
Qed.

(** Why laps begin at a power of two. A ring of 3 whose position counts on, taken modulo its capacity, comes to the wrong
    slot where the word wraps; *)
Lemma counting_positions_break : ∃ x, 0 ≤ x < W ∧ ((x + 1) `mod` W) `mod` 3 ≠ (x + 1) `mod` 3.
Proof. exists (W - 1). split; [done|]. vm_compute. done. Qed.
(** and Vyukov's sequence, position + 1 for "filled" and position + capacity for "writable", is one word for both at
    capacity 1. *)
Lemma sequence_ambiguous_at_capacity_1 pos : pos + 1 = pos + 1%nat.
Proof. done. Qed.
