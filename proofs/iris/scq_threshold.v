(* SPDX-License-Identifier: BSL-1.0 *)
(** scq_index_ring: whoever is told "none" is told so rightly: of each index whose enqueue is over, a dequeuer is under way.

    Two counts. An index is put in at most 2n tickets before the head: of 2n tickets in a row each is some index's, or was given
    up because of an index that lay there from before, and there are n - 1 others for either reason (windows). So from the moment
    at which a threshold of 2n + k - 1 is seen or set, it pays for all tickets before the index, and for all who have theirs (paid). *)
From iris.prelude Require Import prelude.
From Coq Require Import ZArith Lia.
From sluice Require Import scq_index_ring.

Lemma pigeonhole {A B} (P : A → B → Prop) (l : list A) (L : list B) :
  NoDup l → (∀ a, a ∈ l → ∃ b, b ∈ L ∧ P a b) → (∀ a a' b, P a b → P a' b → a = a') → length l ≤ length L.
Proof.
  intros Hl. revert L. induction Hl as [|a l Ha Hl IH]; intros L Hex Hinj; simpl; [lia|].
  destruct (Hex a) as (b & Hb & HP); first by left. apply elem_of_list_split in Hb as (L1 & L2 & ->).
  assert (length l ≤ length (L1 ++ L2)) as Hle; last (rewrite !app_length /= in Hle |- *; lia).
  apply IH; [|done]. intros a' Ha'. destruct (Hex a') as (b' & Hb' & HP'); first by right. exists b'. split; [|done].
  apply elem_of_app in Hb' as [?|[->|?]%elem_of_cons]; [set_solver| |set_solver]. destruct Ha. by rewrite (Hinj a a' b).
Qed.
Lemma same_slot m t t' : m ≠ 0 → t < t' → t mod m = t' mod m → t + m ≤ t'.
Proof. intros Hm Hlt E. pose proof (Nat.div_mod t m Hm). pose proof (Nat.div_mod t' m Hm).
  destruct (Nat.le_gt_cases (t' / m) (t / m)) as [Hle|Hgt].
  - pose proof (Nat.mul_le_mono_l _ _ m Hle). lia.
  - pose proof (Nat.mul_le_mono_l (S (t / m)) (t' / m) m Hgt) as Hm2. rewrite Nat.mul_succ_r in Hm2. lia.
Qed.

Section threshold.
  Context (n k : nat) (Hn : n ≠ 0).
  Notation m := (2 * n).
  Notation full := (Z.of_nat (2 * n + k) - 1)%Z.
  Notation "s .[ t ]" := (entries s (t mod m)) (at level 2, left associativity, format "s .[ t ]").

  Definition ticket_at s i : option nat := ticket (whereis s i).
  Definition holds (x : doing) : option nat :=
    match x with
      Idle | Going => None
    | Has t | Passing t _ | Taking t _ | Missed t | Counting t | Catching t _ _ | Again t _ | Last t => Some t
    end.
  Definition behind (x : doing) (h : nat) : Prop :=
    (∀ t, holds x = Some t → t < h) ∧ match x with Catching _ _ hd | Again _ hd => hd ≤ h | _ => True end.
  (** For the tickets from x on: those of the indices before x, now or when x was given out, account for what was given up. *)
  Definition window s x (Φ : list nat) : Prop :=
    length Φ < n ∧ (∀ i u, ticket_at s i = Some u → u < x → u ∈ Φ) ∧
    ∀ t, x ≤ t → t < tail s → t < x + m → (∃ i, ticket_at s i = Some t) ∨ ∃ u, u ∈ Φ ∧ u mod m = t mod m.
  Definition windows s : Prop := ∀ x, head s ≤ x → x < tail s → ∃ Φ, window s x Φ.
  Definition near s : Prop := ∀ i t, whereis s i = Inside t → t < head s + m.
  Definition dequeuers s : Prop := ∀ d, behind (does s d) (head s) ∧ (k ≤ d → does s d = Idle).

  Lemma windows_same s s' :
    windows s → head s ≤ head s' → tail s' = tail s ∨ tail s' ≤ head s' → (∀ i, ticket_at s' i = ticket_at s i) → windows s'.
  Proof.
    intros Hw Hh Ht Hi x Hx Hx'. destruct Ht as [Ht|Ht]; [|lia]. destruct (Hw x) as (Φ & Hlen & Ha & Hb); [lia..|].
    exists Φ. split; [done|]. split; [intros i u; rewrite Hi; apply Ha|]. intros t. rewrite Ht. intros H1 H2 H3.
    destruct (Hb t H1 H2 H3) as [[i Hit]|?]; [left; exists i; by rewrite Hi|by right].
  Qed.
  (** a ticket is given up: behind the head, or for an index that lies there *)
  Lemma windows_lose s s' i t :
    windows s → head s ≤ head s' → tail s' = tail s → ticket_at s i = Some t → ticket_at s' i = None →
    (∀ j, j ≠ i → ticket_at s' j = ticket_at s j) →
    (t < head s' ∨ ∃ j u, j ≠ i ∧ ticket_at s j = Some u ∧ (u = t ∨ u + m ≤ t ∧ u mod m = t mod m)) → windows s'.
  Proof.
    intros Hw Hh Ht Hi Hi' Hj Hwhy x Hx Hx'. destruct (Hw x) as (Φ & Hlen & Ha & Hb); [lia..|].
    exists Φ. split; [done|]. split.
    - intros j u. destruct (decide (j = i)) as [->|Hne]; [by rewrite Hi'|rewrite Hj //; apply Ha].
    - intros t'. rewrite Ht. intros H1 H2 H3. destruct (Hb t' H1 H2 H3) as [[j Hjt]|?]; [|by right].
      destruct (decide (j = i)) as [->|Hne]; [|left; exists j; by rewrite Hj].
      assert (t' = t) as -> by congruence. destruct Hwhy as [?|(j & u & Hne & Hju & [->|[Hu E]])]; [lia| |].
      + left. exists j. by rewrite Hj.
      + right. exists u. split; [|done]. apply (Ha j); [done|lia].
  Qed.
  Definition others (i : nat) : list nat := seq 0 i ++ seq (S i) (n - S i).
  Lemma others_length i : i < n → length (others i) < n.
  Proof. intros. rewrite /others app_length !seq_length. lia. Qed.
  Lemma others_elem i j : j < n → j ≠ i → j ∈ others i.
  Proof. intros. rewrite /others elem_of_app !elem_of_seq. lia. Qed.
  Lemma windows_new s s' i :
    windows s → head s' = head s → tail s' = S (tail s) → i < n → ticket_at s' i = Some (tail s) → ticket_at s i = None →
    (∀ j, j ≠ i → ticket_at s' j = ticket_at s j) → (∀ j u, ticket_at s j = Some u → j < n) → windows s'.
  Proof.
    intros Hw Hh Ht Hi Hi' Hnone Hj Hn' x Hx Hx'. destruct (decide (x = tail s)) as [->|Hne].
    - exists ((λ j, default 0 (ticket_at s j)) <$> others i). split; [by rewrite fmap_length; apply others_length|]. split.
      + intros j u. destruct (decide (j = i)) as [->|Hne]; [rewrite Hi'; intros [= <-]; lia|]. rewrite Hj //. intros Hju _.
        apply elem_of_list_fmap. exists j. rewrite Hju. split; [done|]. apply others_elem; [by eapply Hn'|done].
      + intros t H1 H2 _. left. exists i. rewrite Hi'. f_equal. lia.
    - destruct (Hw x) as (Φ & Hlen & Ha & Hb); [lia..|]. exists Φ. split; [done|]. split.
      + intros j u. destruct (decide (j = i)) as [->|Hne']; [rewrite Hi'; intros [= <-]; lia|]. rewrite Hj //. apply Ha.
      + intros t H1 H2 H3. destruct (decide (t = tail s)) as [->|Hne']; [left; by exists i|].
        destruct (Hb t) as [[j Hjt]|?]; [lia..| |by right]. left. exists j. rewrite Hj //. congruence.
  Qed.
  (** what is put in is near *)
  Lemma puts_near s i t :
    windows s → i < n → ticket_at s i = Some t → t < tail s → (∀ j u, ticket_at s j = Some u → j < n) → t < head s + m.
  Proof.
    intros Hw Hi Hit Htail Hn'. destruct (decide (t < head s + m)) as [|Hfar]; [done|exfalso].
    destruct (Hw (head s)) as (Φ & Hlen & Ha & Hb); [lia..|].
    pose proof (pigeonhole (λ t' (w : nat + nat), head s ≤ t' < head s + m ∧
      match w with inl j => ticket_at s j = Some t' | inr u => u mod m = t' mod m end)
      (seq (head s) m) ((inl <$> others i) ++ (inr <$> Φ))) as Hle.
    rewrite app_length !fmap_length seq_length in Hle. pose proof (others_length i Hi).
    enough (m ≤ length (others i) + length Φ) by lia. apply Hle.
    - apply NoDup_seq.
    - intros t' [H1 H2]%elem_of_seq. destruct (Hb t') as [[j Hj]|(u & Hu & E)]; [lia..| |].
      + exists (inl j). split; [|done]. apply elem_of_app. left. apply elem_of_list_fmap. exists j. split; [done|].
        apply others_elem; [by eapply Hn'|]. intros ->. assert (t' = t) by congruence. lia.
      + exists (inr u). split; [|done]. apply elem_of_app. right. apply elem_of_list_fmap. by exists u.
    - intros t1 t2 [j|u] [H1 E1] [H2 E2]; [congruence|]. rewrite E1 in E2.
      destruct (Nat.lt_total t1 t2) as [Hlt|[|Hlt]]; [|done|].
      + pose proof (same_slot m t1 t2 ltac:(lia) Hlt E2). lia.
      + pose proof (same_slot m t2 t1 ltac:(lia) Hlt (eq_sym E2)). lia.
  Qed.

  Record timely s : Prop := Timely { wins : windows s; nears : near s; deqs : dequeuers s }.

  Lemma timely_initial : timely (initial n).
  Proof. constructor; [intros x; simpl; lia|done|]. intros d. done. Qed.
  (** a dequeuer goes on *)
  Lemma timely_does s d y :
    timely s → behind y (head s) → (k ≤ d → y = Idle) → timely (set_does s d y).
  Proof.
    intros [Hw Hnr Hd] Hy Hk. constructor; [done..|]. intros d'. simpl. unfold upd. case_decide; [by subst|apply Hd].
  Qed.
  Lemma behind_later x h h' : behind x h → h ≤ h' → behind x h'.
  Proof.
    intros [H1 H2] Hle. split; [intros t Ht; specialize (H1 t Ht); lia|]. destruct x; simpl in *; lia || done.
  Qed.
  Lemma timely_place s i x :
    timely s → (∀ t, x ≠ Inside t) → ticket x = ticket_at s i → timely (set_place s i x).
  Proof.
    intros [Hw Hnr Hd] Hx Htk. constructor; [|intros j t; simpl; unfold upd; case_decide; [by intros ?%Hx|apply Hnr]|done].
    apply (windows_same s); try done; [by left|]. intros j. unfold ticket_at. simpl. unfold upd. case_decide; by subst.
  Qed.
  Lemma timely_out s i t :
    timely s → ticket_at s i = Some t →
    (t < head s ∨ ∃ j u, j ≠ i ∧ ticket_at s j = Some u ∧ (u = t ∨ u + m ≤ t ∧ u mod m = t mod m)) → timely (set_place s i Out).
  Proof.
    intros [Hw Hnr Hd] Htk Hwhy. constructor; [|intros j t'; simpl; unfold upd; case_decide; [done|apply Hnr]|done].
    apply (windows_lose s _ i t); try done; unfold ticket_at; simpl; unfold upd; [by rewrite decide_True|].
    intros j ?. by rewrite decide_False.
  Qed.
  Lemma timely_step s s' : sound n s → timely s → step n k s s' → timely s'.
  Proof.
    intros Hs Ht Hstep. pose proof Ht as [Hw Hnr Hd]. pose proof (issued _ _ Hs) as Hissued.
    assert (∀ j u, ticket_at s j = Some u → j < n) as Hjn by (intros j u Hj; by apply (Hissued j u)).
    assert (∀ d x, does s d = x → x ≠ Idle → behind x (head s) ∧ ¬ k ≤ d) as Hof.
    { intros d x <- Hx. destruct (Hd d) as [Hb Hi]. split; [done|]. intros ?. by apply Hx, Hi. }
    destruct Hstep as [i Hi Hwi|i t Hwi|i t e Hwi|i t e Hwi He|i t e Hwi|t Hdt|t Hdt|d Hk Hdd Hth|d Hdd|d t Hdd|d t e Hdd He
      |d t e Hdd|d t i Hdd|d t Hdd|d t Hdd|d t tl hd Hdd Htl|d t tl hd Hdd|d t hd Hdd|d t Hdd];
      try (destruct (Hof d _ Hdd) as [[Hb Hb'] Hdk]; [done|]).
    - constructor; [|intros j t; simpl; unfold upd; case_decide; [done|apply Hnr]|done].
      apply (windows_new s _ i); try done; unfold ticket_at; simpl; unfold upd.
      + by rewrite decide_True.
      + by rewrite Hwi.
      + intros j ?. by rewrite decide_False.
    - case_decide as E; [destruct (safe s.[t]); apply timely_place; try done; unfold ticket_at; by rewrite Hwi|].
      apply (timely_out s i t); [done|by rewrite /ticket_at Hwi|]. destruct (decide (t < head s)) as [|Hge]; [by left|right].
      pose proof (slot_lt n Hn t) as Hslot. pose proof (position _ _ Hs _ Hslot) as Hpos.
      assert (index s.[t] ≠ None) as Hin.
      { intros Hnone. destruct (decide (at_ s.[t] < t)); [by destruct E|]. apply (ahead _ _ Hs (t mod m)); [done|lia|done]. }
      destruct (index s.[t]) as [j|] eqn:Hj; [|done]. destruct (inside _ _ Hs _ _ Hslot Hj) as [_ Hwj].
      exists j, (at_ s.[t]). split; [intros ->; congruence|]. split; [by rewrite /ticket_at Hwj|].
      destruct (Nat.lt_total (at_ s.[t]) t) as [Hlt|[|Hlt]]; [right|by left|].
      + split; [|done]. by apply same_slot; [lia|..].
      + exfalso. pose proof (same_slot m t (at_ s.[t]) ltac:(lia) Hlt (eq_sym Hpos)). specialize (Hnr j _ Hwj). lia.
    - case_decide; [apply timely_place; try done; unfold ticket_at; by rewrite Hwi|].
      apply (timely_out s i t); [done|by rewrite /ticket_at Hwi|]. left. lia.
    - destruct (Hissued i t) as [Hi Htail]; first by rewrite Hwi. constructor; [| |done].
      + apply (windows_same s); try done; [by left|]. intros j. unfold ticket_at. simpl. unfold upd. case_decide; [|done].
        subst. by rewrite Hwi.
      + intros j t'. simpl. unfold upd. case_decide; [|apply Hnr]. intros [= <-]. apply (puts_near s i); try done.
        by rewrite /ticket_at Hwi.
    - apply timely_place; try done. by rewrite /ticket_at Hwi.
    - by constructor.
    - by constructor.
    - apply timely_does; [done|done|lia].
    - constructor.
      + apply (windows_same s); try done; simpl; [lia|by left].
      + intros j t Hj. specialize (Hnr j t Hj). simpl. lia.
      + intros d'. simpl. unfold upd. case_decide.
        * subst. split; [|by intros ?%Hdk]. split; [|done]. intros t [= <-]. lia.
        * destruct (Hd d'). split; [|done]. eapply behind_later; [done|lia].
    - apply timely_does; [done| |by intros ?%Hdk]. specialize (Hb t eq_refl).
      repeat case_decide; try destruct (index s.[t]); split; try done; by intros ? [= <-].
    - apply timely_does; [by constructor| |by intros ?%Hdk]. split; [|done]. by apply Hb.
    - apply timely_does; [done| |by intros ?%Hdk]. split; [|done]. by apply Hb.
    - specialize (Hb t eq_refl). destruct (taking _ _ Hs d t i Hdd) as [Hat Hi].
      destruct (inside _ _ Hs (t mod m) i (slot_lt n Hn t) Hi) as [_ Hwi]. rewrite Hat in Hwi.
      apply timely_does; [|done|by intros ?%Hdk]. apply (timely_out (set_entry n s t _) i t); [by constructor|by rewrite /ticket_at /= Hwi|].
      by left.
    - apply timely_does; [done| |by intros ?%Hdk]. specialize (Hb t eq_refl). case_decide; split; try done; by intros ? [= <-].
    - apply (timely_does (set_threshold s _)); [by constructor| |by intros ?%Hdk]. by case_decide.
    - apply (timely_does (set_tail s hd)); [|by split; [apply Hb|]|by intros ?%Hdk]. constructor; [|done|done].
      apply (windows_same s); try done. by right.
    - apply timely_does; [done| |by intros ?%Hdk]. split; [by apply Hb|done].
    - apply timely_does; [done| |by intros ?%Hdk]. case_decide; split; try done; by apply Hb.
    - apply (timely_does (set_threshold s _)); [by constructor|done|by intros ?%Hdk].
  Qed.

  (** ** What the threshold pays for: the tickets before the index, and those that have theirs *)
  Definition busy (x : doing) : nat := match holds x with Some _ => 1 | None => 0 end.
  Definition under_way s : nat := sum_list_with (λ d, busy (does s d)) (seq 0 k).
  Definition paid s : Prop := ∀ t i, owes s t = Over → whereis s i = Inside t → head s ≤ t →
    (Z.of_nat (t - head s) + Z.of_nat (under_way s) ≤ threshold s)%Z.

  Lemma sum_upd (f : nat → doing) d y (l : list nat) : NoDup l →
    sum_list_with (λ x, busy (upd f d y x)) l + (if decide (d ∈ l) then busy (f d) else 0) =
    sum_list_with (λ x, busy (f x)) l + (if decide (d ∈ l) then busy y else 0).
  Proof.
    induction 1 as [|x l Hx Hl IH]; simpl; [by repeat case_decide|]. unfold upd at 1. destruct (decide (x = d)) as [->|Hne].
    - repeat (rewrite (decide_False (P := d ∈ l)) // in IH). repeat (rewrite decide_True; last by left). lia.
    - destruct (decide (d ∈ l)) as [Hin|Hin].
      + repeat (rewrite decide_True; last by right). lia.
      + repeat (rewrite decide_False; last by intros [->|?]%elem_of_cons). lia.
  Qed.
  Lemma under_way_does s d y : d < k → under_way (set_does s d y) + busy (does s d) = under_way s + busy y.
  Proof.
    intros Hd. pose proof (sum_upd (does s) d y (seq 0 k) (NoDup_seq _ _)) as H.
    assert (d ∈ seq 0 k) as Hin by (apply elem_of_seq; lia). by rewrite !decide_True in H.
  Qed.
  Lemma under_way_most s : under_way s ≤ k.
  Proof.
    unfold under_way. rewrite -{2}(seq_length k 0). induction (seq 0 k) as [|d l IH]; simpl; [lia|].
    assert (busy (does s d) ≤ 1) by (unfold busy; destruct (holds _); lia). lia.
  Qed.
  Lemma paid_full s : near s → threshold s = full → paid s.
  Proof. intros Hnr Hth t i _ Hwi Hle. pose proof (Hnr i t Hwi). pose proof (under_way_most s). lia. Qed.
  Lemma paid_less s s' :
    paid s → (∀ t, owes s' t = Over → owes s t = Over) → (∀ t i, owes s' t = Over → whereis s' i = Inside t → whereis s i = Inside t) →
    (∀ t, head s' ≤ t → head s ≤ t ∧ (Z.of_nat (t - head s') + Z.of_nat (under_way s') - threshold s' ≤
      Z.of_nat (t - head s) + Z.of_nat (under_way s) - threshold s)%Z) → paid s'.
  Proof.
    intros Hp Ho Hi Hle t i Hto Hwi Hge. destruct (Hle t Hge) as [Hge' Hle']. specialize (Hp t i (Ho t Hto) (Hi t i Hto Hwi) Hge'). lia.
  Qed.
  Lemma paid_does s d y : paid s → d < k → busy y ≤ busy (does s d) → paid (set_does s d y).
  Proof.
    intros Hp Hk Hb. apply (paid_less s); try done. intros t Ht. split; [done|]. pose proof (under_way_does s d y Hk). simpl. lia.
  Qed.
  Lemma paid_place s i x : paid s → (∀ t, x ≠ Inside t) → paid (set_place s i x).
  Proof.
    intros Hp Hx. apply (paid_less s); try done. intros t j _. simpl. unfold upd. case_decide; [by intros ?%Hx|done].
  Qed.
  (** a miss is counted *)
  Lemma paid_counts s d y :
    paid s → d < k → busy (does s d) = 1 → busy y = 0 → paid (set_does (set_threshold s (threshold s - 1)) d y).
  Proof.
    intros Hp Hk Hb Hy. apply (paid_less s); try done. intros t Ht. split; [done|]. pose proof (under_way_does s d y Hk) as H.
    assert (under_way (set_does (set_threshold s (threshold s - 1)) d y) = under_way (set_does s d y)) as -> by done. simpl. lia.
  Qed.
  Lemma paid_step s s' : timely s → paid s → step n k s s' → paid s'.
  Proof.
    intros [_ Hnr Hd] Hp Hstep.
    assert (∀ d x, does s d = x → x ≠ Idle → d < k) as Hk.
    { intros d x <- Hx. destruct (Hd d) as [_ Hi]. destruct (decide (d < k)); [done|]. destruct Hx. apply Hi. lia. }
    destruct Hstep as [i Hi Hwi|i t Hwi|i t e Hwi|i t e Hwi He|i t e Hwi|t Hdt|t Hdt|d Hk' Hdd Hth|d Hdd|d t Hdd|d t e Hdd He
      |d t e Hdd|d t i Hdd|d t Hdd|d t Hdd|d t tl hd Hdd Htl|d t tl hd Hdd|d t hd Hdd|d t Hdd].
    - by apply (paid_place (set_tail s _)).
    - apply paid_place; [done|]. intros t'. case_decide; [by destruct (safe _)|done].
    - apply paid_place; [done|]. intros t'. by case_decide.
    - apply (paid_less s); try done.
      + intros t'. simpl. unfold upd. by case_decide.
      + intros t' j. simpl. unfold upd. case_decide; [done|]. intros _. case_decide; [|done]. congruence.
    - by apply paid_place.
    - case_decide as Hth.
      + by apply paid_full.
      + apply (paid_less s); try done. intros t'. simpl. unfold upd. by case_decide.
    - by apply paid_full.
    - apply paid_does; [done|done|]. by rewrite Hdd.
    - apply (paid_less s); try done. intros t Ht. simpl in *. split; [lia|].
      pose proof (under_way_does s d (Has (head s)) (Hk d _ Hdd ltac:(done))) as Hu. rewrite Hdd in Hu.
      change (busy Going) with 0 in Hu. change (busy (Has (head s))) with 1 in Hu.
      assert (under_way (set_does (set_head s (S (head s))) d (Has (head s))) = under_way (set_does s d (Has (head s)))) as -> by done. lia.
    - apply paid_does; [done|by eapply Hk|]. rewrite Hdd. repeat case_decide; try destruct (index s.[t]); done.
    - apply (paid_does (set_entry n s t _)); [done|by eapply Hk|]. simpl. by rewrite Hdd.
    - apply paid_does; [done|by eapply Hk|]. by rewrite Hdd.
    - apply paid_does; [by apply (paid_place (set_entry n s t _))|by eapply Hk|]. simpl. unfold busy. simpl. lia.
    - apply paid_does; [done|by eapply Hk|]. rewrite Hdd. by case_decide.
    - apply paid_counts; [done|by eapply Hk|by rewrite Hdd|by case_decide].
    - apply (paid_does (set_tail s hd)); [done|by eapply Hk|]. simpl. by rewrite Hdd.
    - apply paid_does; [done|by eapply Hk|]. by rewrite Hdd.
    - apply paid_does; [done|by eapply Hk|]. rewrite Hdd. by case_decide.
    - apply paid_counts; [done|by eapply Hk|by rewrite Hdd|done].
  Qed.
  Lemma reachable_paid s : reachable n k s → timely s ∧ paid s.
  Proof.
    induction 1 as [|s s' Hr [Ht Hp] Hstep]; [split; [apply timely_initial|done]|].
    split; [|by eapply paid_step]. eapply timely_step; [by eapply reachable_sound|done..].
  Qed.

  (** about to answer "none" *)
  Definition says_none s d : Prop :=
    (does s d = Idle ∧ (threshold s < 0)%Z) ∨ (∃ t, does s d = Missed t ∧ tail s ≤ S t) ∨
    (∃ t, does s d = Counting t ∧ (threshold s ≤ 0)%Z).
  (** Whoever is: an index whose enqueue is over, if one is inside, has its dequeuer, who has its ticket and has not gone by. *)
  Theorem none_is_right s d i t :
    reachable n k s → says_none s d → owes s t = Over → whereis s i = Inside t → t < head s ∧ ¬ gone s t.
  Proof.
    intros Hr Hnone Ho Hwi. destruct (reachable_paid s Hr) as [[_ _ Hd] Hp]. pose proof (reachable_sound n k Hn s Hr) as Hs.
    split; [|by eapply never_lost]. destruct (decide (t < head s)) as [|Hge]; [done|exfalso].
    specialize (Hp t i Ho Hwi ltac:(lia)). destruct Hnone as [[_ Hth]|[(t' & Hdd & Htail)|(t' & Hdd & Hth)]]; [lia| |].
    - destruct (Hd d) as [[Hb _] _]. rewrite Hdd in Hb. specialize (Hb t' eq_refl). destruct (issued _ _ Hs i t) as [_ ?]; [by rewrite Hwi|lia].
    - assert (d < k) as Hk.
      { destruct (Hd d) as [_ Hi]. destruct (decide (d < k)); [done|]. rewrite Hi in Hdd; [done|lia]. }
      pose proof (under_way_does s d Idle Hk) as Hu. rewrite Hdd in Hu. unfold busy in Hu. simpl in Hu. lia.
  Qed.
  (** The bound that the threshold rests on. *)
  Theorem never_far s i t : reachable n k s → whereis s i = Inside t → t < head s + m.
  Proof. intros Hr. destruct (reachable_paid s Hr) as [[_ Hnr _] _]. apply Hnr. Qed.
End threshold.
